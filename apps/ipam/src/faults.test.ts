import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeError } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { type Fate, mortalClient } from './testing/mortal-client.ts';
import { runIpam, type RunningIpam } from './testing/running-ipam.ts';

const namespace = 'lab';
let server: MemoryKubernetes;
let clock: FakeClock;
let ipam: RunningIpam;
let fate: () => Fate;

beforeEach(async () => {
  clock = fakeClock();
  server = memoryKubernetes({ now: clock.now });
  fate = () => 'done';
  const hindered = mortalClient(server, { fate: () => fate(), killed: () => {}, delay: async () => {} });
  ipam = runIpam({ server: hindered, clock, clusterApi: 'v1beta2' });
  await server.create(ipPool, {
    metadata: { namespace, name: 'pool' },
    spec: { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.0.99' }] },
  });
  await clock.advance(0);
});
afterEach(async () => {
  ipam.stop();
  await ipam.stopped;
});

const makeClaims = async (count: number, prefix = 'claim') => {
  for (let at = 0; at < count; at++) {
    const metadata = { namespace, name: `${prefix}-${at}` };
    await server.create(ipClaim, { metadata, spec: { pool: { name: 'pool' } } });
  }
};
const served = async () => {
  const told = (await server.list(ipClaim)).items.flatMap(({ status }) => status?.address?.name ?? []);
  const objects = (await server.list(ipAddress)).items.map(({ metadata }) => metadata.name);
  expect(new Set(objects)).toEqual(new Set(told));
  expect(new Set(told).size).toBe(told.length);
  return told.length;
};

test.each(['conflict', 'lost', 'answer-lost'] as const)(
  'serves all claims when the first try of every write ends as %s',
  async (what) => {
    let odd = false;
    fate = () => ((odd = !odd) ? what : 'done');
    await makeClaims(10);
    await clock.advance(120_000);
    expect(await served()).toBe(10);
  },
);

test('a pool goes once the last claim that was to get an address of it has gone without one', async () => {
  fate = () => 'lost';
  await makeClaims(1);
  // The claim is not tried again for half a minute then: time enough for all that there is to be told of the pool.
  await clock.advance(60_000);
  fate = () => 'done';
  await server.delete(ipPool, { namespace, name: 'pool' });
  await clock.advance(3_000);
  expect(await server.find(ipPool, { namespace, name: 'pool' })).toBeDefined();
  expect(await server.find(ipClaim, { namespace, name: 'claim-0' })).not.toHaveProperty('metadata.finalizers');
  await server.delete(ipClaim, { namespace, name: 'claim-0' });
  await clock.advance(3_000);
  expect(await server.find(ipPool, { namespace, name: 'pool' })).toBeUndefined();
});

test('serves what came while the API server was away', async () => {
  server.down = true;
  server.disconnect();
  await clock.advance(5 * 60_000);
  server.down = false;
  await makeClaims(10);
  await clock.advance(60_000);
  expect(await served()).toBe(10);
});

test('serves what came while the watches were lost and the history was forgotten', async () => {
  await makeClaims(3, 'before');
  await clock.advance(0);
  server.disconnect();
  await makeClaims(5);
  await server.delete(ipClaim, { namespace, name: 'before-1' });
  server.compact();
  await clock.advance(60_000);
  expect(await served()).toBe(7);
  expect((await server.get(ipPool, { namespace, name: 'pool' })).status?.addresses?.used).toBe(7);
});

test.each([
  ['an hour back', -3_600_000],
  ['a year on', 365 * 86_400_000],
])('goes on, and reports, when the clock jumps %s', async (_how, jump) => {
  await makeClaims(3, 'before');
  await clock.advance(2_000);
  const steady = clock.now;
  Object.assign(clock, { now: () => steady() + jump });
  await makeClaims(5);
  await clock.advance(30_000);
  expect(await served()).toBe(8);
  expect(Object.keys((await server.get(ipPool, { namespace, name: 'pool' })).status?.indexes ?? {})).toHaveLength(8);
});

test('a claim whose address the API server refuses for good lets go of it', async () => {
  server.failNext('create', ipAddress, new KubeError('Invalid', 'metadata.name: Invalid value', { status: 422 }));
  await makeClaims(1);
  await clock.advance(10_000);
  expect(await served()).toBe(1);
  expect(ipam.books.ledgers.of({ namespace, name: 'pool' }).holds).toBe(0);
});
