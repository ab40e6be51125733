import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kind, KubeError } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { ipAddress, type IPClaim, ipClaim, type IPPool, ipPool } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { cluster, clusterApiIpAddress, type IPAddressClaim, ipAddressClaim } from './cluster-api/kinds.ts';
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

test('is not stopped by objects that were stored without a spec', async () => {
  const specless = (name: string) => ({ metadata: { namespace, name } });
  await server.create(ipPool as Kind, specless('no-spec'));
  await server.create(ipClaim as Kind, specless('no-spec'));
  await server.create(ipAddress as Kind, specless('no-spec'));
  await server.create(ipAddressClaim as Kind, specless('no-spec'));
  await server.create(clusterApiIpAddress as Kind, specless('no-spec'));
  await makePool();
  await makeClaim('one');
  await clock.advance(2_000);
  expect(await outcome('one')).toBe('p-10-0-0-1');
  expect(await outcome('no-spec')).toBe('spec.pool.name is empty: name an IPPool');
  await makeClaim('two');
  ipam.stop();
  await ipam.stopped;
  start();
  await clock.advance(0);
  expect(await outcome('two')).toBe('p-10-0-0-2');
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

const poolRef = { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' };
const makeAddressClaim = (name: string, spec: Partial<IPAddressClaim['spec']> = {}) =>
  server.create<IPAddressClaim>(ipAddressClaim, { metadata: { namespace, name }, spec: { poolRef, ...spec } });
const addressClaim = (name: string) => server.get<IPAddressClaim>(ipAddressClaim, { namespace, name });

test('serves claims of Cluster API from the same addresses, as the contract of IPAM providers has it', async () => {
  const pool = await makePool({ prefix: 24 });
  await makeClaim('metal3');
  await clock.advance(0);
  const made = await makeAddressClaim('capi');
  await clock.advance(0);
  expect(await addressClaim('capi')).toMatchObject({
    metadata: { finalizers: ['ipam.metal3.io/ipaddressclaim'] },
    status: { addressRef: { name: 'p-10-0-0-2' }, conditions: [{ type: 'Ready', status: 'True', reason: 'Ready' }] },
  });
  expect(await server.get(clusterApiIpAddress, { namespace, name: 'p-10-0-0-2' })).toMatchObject({
    metadata: {
      finalizers: ['ipam.metal3.io/ipaddress'],
      ownerReferences: [
        { kind: 'IPAddressClaim', uid: made.metadata.uid, controller: true, blockOwnerDeletion: true },
        { kind: 'IPPool', uid: pool.metadata.uid, controller: false, blockOwnerDeletion: true },
      ],
    },
    spec: { address: '10.0.0.2', prefix: 24, gateway: '10.0.0.254', claimRef: { name: 'capi' }, poolRef },
  });
  expect(await indexes()).toEqual({ metal3: '10.0.0.1', capi: '10.0.0.2' });

  await server.delete(ipAddressClaim, { namespace, name: 'capi' });
  expect(await indexes()).toEqual({ metal3: '10.0.0.1' });
  expect(await server.find(ipAddressClaim, { namespace, name: 'capi' })).toBeUndefined();
});

test('tells two claims of one name apart', async () => {
  await makePool();
  await makeClaim('same');
  await makeAddressClaim('same');
  expect(await indexes()).toEqual({ same: expect.any(String), 'IPAddressClaim/same': expect.any(String) });
  await server.delete(ipClaim, { namespace, name: 'same' });
  expect(Object.keys((await indexes()) ?? {})).toEqual(['same']);
});

test('serves claims of Cluster API that is installed later, and of version v1beta1', async () => {
  ipam.stop();
  await ipam.stopped;
  ipam = runIpam({ server, clock });
  const v1beta1 = { ...ipAddressClaim, version: 'v1beta1' };
  await makePool();
  await makeClaim('metal3');
  await clock.advance(0);
  await server.create<IPAddressClaim>(v1beta1, { metadata: { namespace, name: 'capi' }, spec: { poolRef } });
  await clock.advance(0);
  expect((await addressClaim('capi')).status).toBeUndefined();
  ipam.installClusterApi('v1beta1');
  await clock.advance(0);
  expect((await addressClaim('capi')).status).toMatchObject({
    addressRef: { name: 'p-10-0-0-2' },
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: expect.any(String) }],
    v1beta2: { conditions: [{ type: 'Ready', status: 'True', reason: 'Ready' }] },
  });
});

test('leaves claims on pools of other providers alone', async () => {
  await makePool();
  await makeAddressClaim('foreign', { poolRef: { apiGroup: 'ipam.example.com', kind: 'Pool', name: 'pool' } });
  await makeAddressClaim('other-kind', { poolRef: { ...poolRef, kind: 'Other' } });
  await clock.advance(2_000);
  for (const name of ['foreign', 'other-kind']) {
    const { metadata, status } = await addressClaim(name);
    expect([metadata.finalizers, status]).toEqual([undefined, undefined]);
  }
});

test('refuses a claim of Cluster API with the reasons that it defines, and serves it later', async () => {
  await makePool({ pools: [{ start: '10.0.0.1', end: '10.0.0.1' }] });
  await makeClaim('first');
  await clock.advance(0);
  await makeAddressClaim('late');
  await clock.advance(0);
  expect((await addressClaim('late')).status?.conditions).toMatchObject([
    {
      type: 'Ready',
      status: 'False',
      reason: 'PoolExhausted',
      message: 'Exhausted IP Pools: 10.0.0.1-10.0.0.1 has 1 in use',
    },
  ]);
  await server.delete(ipClaim, { namespace, name: 'first' });
  await clock.advance(0);
  expect((await addressClaim('late')).status?.addressRef).toEqual({ name: 'p-10-0-0-1' });
});

test('waits for the Cluster that a claim of Cluster API names, and while it is paused', async () => {
  await makePool();
  await makeAddressClaim('one', { clusterName: 'demo' });
  await clock.advance(0);
  expect((await addressClaim('one')).metadata.finalizers).toBeUndefined();
  await server.create(cluster, { metadata: { namespace, name: 'demo' }, spec: { paused: true } } as never);
  await clock.advance(0);
  expect((await addressClaim('one')).metadata.finalizers).toBeUndefined();
  await server.patch(cluster, { namespace, name: 'demo' }, { type: 'merge', body: { spec: { paused: false } } });
  await clock.advance(0);
  expect((await addressClaim('one')).status?.addressRef).toEqual({ name: 'p-10-0-0-1' });
});

test('serves the claim that asks for an address when it comes free, and no other wakes', async () => {
  await makePool();
  for (const name of ['a', 'b', 'c']) await makeClaim(name);
  await clock.advance(0);
  const wanted = (await claim('b')).status?.address?.name;
  const address = wanted?.replace('p-', '').replaceAll('-', '.') ?? '';
  await makeClaim('wants-b', { annotations: { ipAddress: address } });
  await clock.advance(0);
  expect(await outcome('wants-b')).toBe('Requested IP not available');
  await server.delete(ipClaim, { namespace, name: 'a' });
  await clock.advance(0);
  expect(await outcome('wants-b')).toBe('Requested IP not available');
  await server.delete(ipClaim, { namespace, name: 'b' });
  await clock.advance(0);
  expect(await outcome('wants-b')).toBe(wanted);
});

test('gives a claim back the address whose object someone has removed by force', async () => {
  await makePool();
  await makeClaim('robbed');
  await clock.advance(0);
  const key = { namespace, name: 'p-10-0-0-1' };
  const before = await server.get(ipAddress, key);
  await server.patch(ipAddress, key, { type: 'merge', body: { metadata: { finalizers: null } } });
  const robbery = server.delete(ipAddress, key);
  await Promise.all([robbery, makeClaim('hungry')]);
  await clock.advance(0);
  const after = await server.get(ipAddress, key);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect([await outcome('robbed'), await outcome('hungry')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('remembers after a restart which address such a claim had', async () => {
  await makePool();
  await makeClaim('robbed');
  await clock.advance(0);
  ipam.stop();
  await ipam.stopped;
  const key = { namespace, name: 'p-10-0-0-1' };
  await server.patch(ipAddress, key, { type: 'merge', body: { metadata: { finalizers: null } } });
  await server.delete(ipAddress, key);
  await makeClaim('hungry');
  start();
  await clock.advance(0);
  expect([await outcome('robbed'), await outcome('hungry')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('takes over what upstream has written, and changes no address', async () => {
  ipam.stop();
  await ipam.stopped;
  const pool = await makePool();
  const made = await makeClaim('old', { finalizers: ['ipclaim.ipam.metal3.io'] });
  const owner = (kind: string, { name = '', uid = '' }: IPClaim['metadata']) => ({
    apiVersion: 'ipam.metal3.io/v1alpha1',
    kind,
    name,
    uid,
  });
  await server.create(ipAddress, {
    metadata: {
      namespace,
      name: 'p-10-0-0-2',
      finalizers: ['ipaddress.ipam.metal3.io'],
      ownerReferences: [owner('IPPool', pool.metadata), owner('IPClaim', made.metadata)],
    },
    spec: { address: '10.0.0.2', pool: { name: 'pool', namespace }, claim: { name: 'old', namespace } },
  });
  const told = { status: { address: { name: 'p-10-0-0-2', namespace } } };
  await server.patchStatus(ipClaim, { namespace, name: 'old' }, { type: 'merge', body: told });
  const before = await claim('old');
  start();
  await makeClaim('new');
  await clock.advance(0);
  expect(await claim('old')).toEqual(before);
  expect(await outcome('new')).toBe('p-10-0-0-1');
  expect(await indexes()).toEqual({ old: '10.0.0.2', new: '10.0.0.1' });
});

test('gathers what changes in a large pool before it tells it', async () => {
  await makePool({ pools: [{ subnet: '10.0.0.0/16' }] });
  for (let at = 0; at < 1_000; at++) await makeClaim(`claim-${at}`);
  const used = async () => (await server.get(ipPool, { namespace, name: 'pool' })).status?.addresses?.used;
  await clock.advance(10_000);
  expect(await used()).toBe(1_000);
  await makeClaim('next');
  await clock.advance(1_000);
  await makeClaim('last');
  await clock.advance(900);
  expect(await used()).toBe(1_000);
  await clock.advance(200);
  expect(await used()).toBe(1_002);
});

test('tells how much of a pool is in use', async () => {
  await makePool({ preAllocations: { kept: '10.0.0.3' } });
  await makeClaim('one');
  await clock.advance(2_000);
  const { status } = await server.get(ipPool, { namespace, name: 'pool' });
  expect(status).toMatchObject({
    addresses: { total: 3, used: 1, reserved: 1, free: 1 },
    ranges: [{ range: '10.0.0.1-10.0.0.3', total: 3, used: 1, reserved: 1, free: 1 }],
    conditions: [{ type: 'Ready', status: 'True' }],
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
