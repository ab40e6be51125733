import { expect, test } from '@jest/globals';
import { memoryKubernetes } from '@metal3/kube-testing';
import { ipClaim, ipPool } from '@metal3/metal3-api';
import { fakeClock } from '@metal3/testing';
import { type IPAddressClaim, ipAddressClaim } from './cluster-api/kinds.ts';
import { runIpam } from './testing/running-ipam.ts';

test('serves claims of both APIs in the namespaces that it is told of, and in no other', async () => {
  const clock = fakeClock();
  const server = memoryKubernetes({ now: clock.now });
  const ipam = runIpam({ server, clock, clusterApi: 'v1beta2', namespaces: ['blue', 'green'] });
  const all = ['blue', 'green', 'red'];
  for (const namespace of all) {
    const pools = [{ start: '10.0.0.1', end: '10.0.0.9' }];
    await server.create(ipPool, { metadata: { namespace, name: 'pool' }, spec: { namePrefix: 'p', pools } });
    await server.create(ipClaim, { metadata: { namespace, name: 'one' }, spec: { pool: { name: 'pool' } } });
    await server.create<IPAddressClaim>(ipAddressClaim, {
      metadata: { namespace, name: 'two' },
      spec: { poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' } },
    });
  }
  await clock.advance(2_000);
  const told = await Promise.all(
    all.map(async (namespace) => [
      (await server.get(ipClaim, { namespace, name: 'one' })).status?.address?.name,
      (await server.get<IPAddressClaim>(ipAddressClaim, { namespace, name: 'two' })).status?.addressRef?.name,
    ]),
  );
  const each = expect.stringMatching(/^p-10-0-0-[12]$/);
  expect(told).toEqual([
    [each, each],
    [each, each],
    [undefined, undefined],
  ]);
  ipam.stop();
  await ipam.stopped;
});
