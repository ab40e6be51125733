import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kind, KubeError } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { ipAddress, type IPClaim, ipClaim, type IPPool, ipPool } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { cluster } from './cluster-api/kinds.ts';
import { runIpam, type RunningIpam } from './testing/running-ipam.ts';

const namespace = 'lab';

let server: MemoryKubernetes;
let clock: FakeClock;
let ipam: RunningIpam;

beforeEach(() => {
  clock = fakeClock();
  server = memoryKubernetes({ now: clock.now });
  start();
});
afterEach(async () => {
  ipam.stop();
  await ipam.stopped;
});

function start(): void {
  ipam = runIpam({ server, clock, clusterApi: 'v1beta2' });
}

const makePool = (spec: Partial<IPPool['spec']> = {}, name = 'pool') =>
  server.create(ipPool, {
    metadata: { namespace, name },
    spec: {
      namePrefix: 'p',
      pools: [{ start: '10.0.0.1', end: '10.0.0.3', prefix: 24 }],
      gateway: '10.0.0.254',
      ...spec,
    },
  });
const makeClaim = (name: string, metadata: IPClaim['metadata'] = {}, pool = 'pool') =>
  server.create(ipClaim, { metadata: { namespace, name, ...metadata }, spec: { pool: { name: pool, namespace } } });
const claim = (name: string) => server.get(ipClaim, { namespace, name });
const indexes = async () => {
  await clock.advance(2_000);
  return (await server.get(ipPool, { namespace, name: 'pool' })).status?.indexes;
};
const outcome = async (name: string) => {
  const { status } = await claim(name);
  return status?.errorMessage ?? status?.address?.name;
};

test('gives a claim an address, and takes it back', async () => {
  const pool = await makePool();
  const made = await makeClaim('one', { labels: { of: 'one' } });
  await clock.advance(0);
  expect((await claim('one')).status).toEqual({
    address: { name: 'p-10-0-0-1', namespace },
    conditions: [expect.objectContaining({ type: 'Ready', status: 'True', reason: 'Ready' })],
  });
  const address = await server.get(ipAddress, { namespace, name: 'p-10-0-0-1' });
  expect(address).toMatchObject({
    metadata: {
      labels: { of: 'one' },
      finalizers: ['ipaddress.ipam.metal3.io'],
      ownerReferences: [
        { kind: 'IPPool', uid: pool.metadata.uid },
        { kind: 'IPClaim', uid: made.metadata.uid },
      ],
    },
    spec: {
      address: '10.0.0.1',
      prefix: 24,
      gateway: '10.0.0.254',
      claim: { name: 'one', namespace },
      pool: { name: 'pool', namespace },
    },
  });
  expect(await indexes()).toEqual({ one: '10.0.0.1' });

  await server.delete(ipClaim, { namespace, name: 'one' });
  await clock.advance(0);
  expect(await server.find(ipClaim, { namespace, name: 'one' })).toBeUndefined();
  expect((await server.list(ipAddress)).items).toEqual([]);
  expect(await indexes()).toEqual({});
});

test('serves a claim that came before its pool', async () => {
  await makeClaim('early');
  await clock.advance(0);
  await makePool();
  await clock.advance(0);
  expect(await outcome('early')).toBe('p-10-0-0-1');
});

test('tells a claim that nothing is left, and serves it when an address comes back or the pool grows', async () => {
  await makePool();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await makeClaim(name);
  await clock.advance(0);
  const refused = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) if ((await outcome(name)) === 'Exhausted IP Pools') refused.push(name);
  expect(refused).toEqual(['d', 'e']);

  await server.delete(ipClaim, { namespace, name: 'b' });
  await clock.advance(0);
  expect(await claim('d')).toMatchObject({ status: { address: { name: 'p-10-0-0-2' } } });
  expect(await outcome('e')).toBe('Exhausted IP Pools');

  const pools = [{ start: '10.0.0.1', end: '10.0.0.9' }];
  await server.patch(ipPool, { namespace, name: 'pool' }, { type: 'merge', body: { spec: { pools } } });
  await clock.advance(0);
  expect(await outcome('e')).toBe('p-10-0-0-4');
});

test('tries the next address when another pool of the same prefix has the name', async () => {
  await makePool();
  await makePool({ pools: [{ start: '10.0.0.1', end: '10.0.0.2' }] }, 'other');
  await makeClaim('mine');
  await clock.advance(0);
  await makeClaim('theirs', {}, 'other');
  await clock.advance(0);
  expect([await outcome('mine'), await outcome('theirs')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('keeps an address while another finalizer holds its claim', async () => {
  await makePool();
  await makeClaim('held', { finalizers: ['metal3data.infrastructure.cluster.x-k8s.io'] });
  await clock.advance(0);
  await server.delete(ipClaim, { namespace, name: 'held' });
  await clock.advance(0);
  expect(await indexes()).toEqual({ held: '10.0.0.1' });
  const finalizers = ['ipclaim.ipam.metal3.io'];
  await server.patch(ipClaim, { namespace, name: 'held' }, { type: 'merge', body: { metadata: { finalizers } } });
  await clock.advance(0);
  expect(await indexes()).toEqual({});
});

test('lets a pool go once its last address is back', async () => {
  await makePool();
  await makeClaim('last');
  await clock.advance(0);
  await server.delete(ipPool, { namespace, name: 'pool' });
  await makeClaim('late');
  await clock.advance(0);
  expect(await outcome('late')).toBe('IPPool pool is being deleted');
  expect(await indexes()).toEqual({ last: '10.0.0.1' });
  await server.delete(ipClaim, { namespace, name: 'last' });
  await clock.advance(0);
  expect(await server.find(ipPool, { namespace, name: 'pool' })).toBeUndefined();
});

test('gives back the address of a claim that went without us', async () => {
  await makePool();
  await makeClaim('robbed');
  await clock.advance(0);
  await server.patch(
    ipClaim,
    { namespace, name: 'robbed' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
  await server.delete(ipClaim, { namespace, name: 'robbed' });
  await clock.advance(0);
  expect(await indexes()).toEqual({});
});

test('leaves a paused pool alone, and waits for the cluster that it belongs to', async () => {
  await makePool({ clusterName: 'demo' });
  await makeClaim('one');
  await clock.advance(0);
  expect(await outcome('one')).toBeUndefined();

  const made = await server.create(cluster, { metadata: { namespace, name: 'demo' }, spec: { paused: true } } as never);
  await clock.advance(30_000);
  expect(await outcome('one')).toBeUndefined();

  await server.patch(cluster, { namespace, name: 'demo' }, { type: 'merge', body: { spec: { paused: false } } });
  await clock.advance(30_000);
  expect(await outcome('one')).toBe('p-10-0-0-1');
  expect((await server.get(ipPool, { namespace, name: 'pool' })).metadata).toMatchObject({
    labels: { 'cluster.x-k8s.io/cluster-name': 'demo', 'cluster.x-k8s.io/provider': 'ipam-metal3' },
    ownerReferences: [
      { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'demo', uid: made.metadata.uid },
    ],
  });
});

test.each([
  ['patch', 'ipPool', ipPool],
  ['patch', 'ipClaim', ipClaim],
  ['create', 'ipAddress', ipAddress],
  ['patchStatus', 'ipClaim', ipClaim],
  ['patchStatus', 'ipPool', ipPool],
] as const)(
  'has given every claim its one address in the end when it dies right after a %s of %s',
  async (verb, _name, kind) => {
    dieAfter(verb, kind);
    await makePool();
    for (const name of ['a', 'b']) await makeClaim(name);
    await clock.advance(2_000);
    await ipam.stopped;
    start();
    await clock.advance(60_000);
    expect(await indexes()).toEqual({ a: '10.0.0.1', b: '10.0.0.2' });
    expect([await outcome('a'), await outcome('b')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
    expect((await server.list(ipAddress)).items).toHaveLength(2);
  },
);

test.each([
  ['delete', 'ipAddress', ipAddress],
  ['patch', 'ipAddress', ipAddress],
  ['patch', 'ipClaim', ipClaim],
  ['patchStatus', 'ipPool', ipPool],
] as const)('has taken an address back in the end when it dies right after a %s of %s', async (verb, _name, kind) => {
  await makePool();
  for (const name of ['a', 'b']) await makeClaim(name);
  await clock.advance(0);
  dieAfter(verb, kind);
  await server.delete(ipClaim, { namespace, name: 'a' });
  await clock.advance(2_000);
  await ipam.stopped;
  start();
  await clock.advance(60_000);
  expect(await indexes()).toEqual({ b: '10.0.0.2' });
  expect(await server.find(ipClaim, { namespace, name: 'a' })).toBeUndefined();
  expect((await server.list(ipAddress)).items).toHaveLength(1);
});

/** The server carries the next such write out, but the process dies before it hears of it. */
function dieAfter(verb: 'patch' | 'patchStatus' | 'create' | 'delete', kind: Kind): void {
  const original = server[verb].bind(server) as (...args: unknown[]) => Promise<unknown>;
  let once = true;
  const dying = async (...args: unknown[]): Promise<unknown> => {
    const answer = await original(...args);
    if (!once || args[0] !== kind) return answer;
    once = false;
    ipam.stop();
    throw new KubeError('Unavailable', 'the answer was lost');
  };
  Object.assign(server, { [verb]: dying });
}
