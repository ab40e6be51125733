import { expect, test } from '@jest/globals';
import { isKubeError } from '@metal3/kube-client';
import { memoryKubernetes } from '@metal3/kube-testing';
import { ipClaim, ipPool } from '@metal3/metal3-api';
import { fakeClock } from '@metal3/testing';
import { cluster } from './cluster-api/kinds.ts';
import { runIpam } from './testing/running-ipam.ts';

test('no write is refused because another of our own came before it, when pools and their Cluster are new', async () => {
  const clock = fakeClock();
  const memory = memoryKubernetes({ now: clock.now });
  const refused: string[] = [];
  /** The slowest way to the server: whatever else is written at the same time is there first. */
  const server: typeof memory = Object.assign(Object.create(memory) as typeof memory, {
    async patch(...call: Parameters<typeof memory.patch>) {
      await clock.sleep(5);
      return memory.patch(...call).catch((error: unknown) => {
        if (isKubeError(error, 'Conflict')) refused.push(`patch ${call[0].plural}`);
        throw error;
      });
    },
  });
  const namespace = 'lab';
  const ipam = runIpam({ server, clock, clusterApi: 'v1beta2' });
  await clock.advance(100);
  for (const name of ['free', 'bound']) {
    const pools = [{ start: '10.0.0.1', end: '10.0.0.9' }];
    const spec = { namePrefix: name, pools, ...(name === 'bound' && { clusterName: 'late' }) };
    await memory.create(ipPool, { metadata: { namespace, name }, spec });
    await memory.create(ipClaim, { metadata: { namespace, name }, spec: { pool: { name } } });
  }
  await clock.advance(5_000);
  await memory.create(cluster, { metadata: { namespace, name: 'late' } });
  await clock.advance(5_000);
  const told = (await memory.list(ipClaim, { namespace })).items.map(({ status }) => status?.address?.name);
  expect(told).toEqual(expect.arrayContaining(['free-10-0-0-1', 'bound-10-0-0-1']));
  expect(refused).toEqual([]);
  ipam.stop();
  await ipam.stopped;
});
