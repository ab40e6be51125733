import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readConfig } from '@metal3/service';
import { pxeServerConfig } from '../config.ts';
import { readPlan6 } from '../dhcp6/plan.ts';
import { ownAddress } from './own-address.ts';
import { readPlan } from './plan.ts';

const guide = readFileSync(new URL('../../../../docs/network-boot.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);

test('the guide has examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(4);
});

test.each(examples)('a configuration of the guide is accepted as it stands:\n%s', (yaml) => {
  const argv = ['node', 'main.ts', '--config', 'guide.yaml', '--ironic-api', '127.0.0.1:1'];
  const request = readConfig(pxeServerConfig, { env: {}, argv, readFile: () => yaml });
  if (request.kind !== 'run') throw new Error('no configuration');
  const { dhcp, dhcp6 } = request.config;
  expect([dhcp.mode, dhcp6.mode]).not.toEqual(['off', 'off']);
  if (dhcp.mode !== 'off')
    expect(readPlan({ ...dhcp, listen: ownAddress('dhcp.listen', dhcp.listen, ['192.0.2.1']) })).toMatchObject({
      subnets: expect.any(Array),
    });
  if (dhcp6.mode !== 'off') expect(readPlan6(dhcp6).subnets).toHaveLength(1);
});
