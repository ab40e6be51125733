import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { grpcServer } from '@metal3/grpc';
import {
  addressClient,
  type AddressClient,
  type ListAddressesResponse,
  WatchAddressesResponse_Kind as Kind,
} from '@metal3/ipam-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { ipAddress, ipClaim, ipPool, type IPPoolSpec } from '@metal3/metal3-api';
import { eventually, fakeClock, testService } from '@metal3/testing';
import { cachedClient } from '@metal3/kube-controller';
import { cluster, ipAddressClaim } from '../cluster-api/kinds.ts';
import { runIpam, type RunningIpam } from '../testing/running-ipam.ts';
import { addressService } from './service.ts';

const namespace = 'lab';
const service = testService('ipam');
let kubernetes: MemoryKubernetes;
let ipam: RunningIpam;
let server: ReturnType<typeof grpcServer>;
let addresses: AddressClient;
const stopped = new AbortController();

beforeEach(async () => {
  const clock = fakeClock();
  kubernetes = memoryKubernetes({ now: clock.now });
  ipam = runIpam({ server: kubernetes, clock, clusterApi: 'v1beta2' });
  const settings = { portFile: '', tlsCertFile: '', tlsKeyFile: '', tlsClientCaFile: '', reflection: false };
  const nobody = { readers: [], operators: [], services: [] };
  const client = cachedClient(kubernetes, { clock });
  server = grpcServer({ listen: '127.0.0.1:0', ...settings, ...nobody }, [
    addressService({ client, books: ipam.books }),
  ]);
  await server.start(stopped.signal, service);
  addresses = addressClient({ address: server.address });
});
afterEach(async () => {
  addresses.close();
  await server.stop();
  ipam.stop();
  await ipam.stopped;
});

const makePool = (name: string, spec: Partial<IPPoolSpec> = {}) =>
  kubernetes.create(ipPool, {
    metadata: { namespace, name },
    spec: { namePrefix: name, prefix: 24, pools: [{ start: '10.0.0.1', end: '10.0.0.9' }], ...spec },
  });
const order = (claim: string, more: object = {}) => ({ namespace, pool: 'pool', claim, ...more });

test('an allocation is a claim as a person would make it, with who asked for it', async () => {
  await makePool('pool');
  const { address } = await addresses.allocateAddress(order('web', { requestId: 'r-1', labels: { app: 'web' } }));
  expect(address).toMatchObject({
    name: 'pool-10-0-0-1',
    address: '10.0.0.1',
    prefix: 24,
    claim: 'web',
    claimKind: 'IPClaim',
  });
  const { metadata, spec } = await kubernetes.get(ipClaim, { namespace, name: 'web' });
  expect(metadata).toMatchObject({ labels: { app: 'web' }, annotations: { 'ipam.metal3.io/request-id': 'r-1' } });
  expect(spec.pool).toEqual({ namespace, name: 'pool' });
});

test('asked again, the same address is answered', async () => {
  await makePool('pool');
  const first = await addresses.allocateAddress(order('web', { requestId: 'r-1' }));
  const again = await addresses.allocateAddress(order('web', { requestId: 'r-1' }));
  const anyhow = await addresses.allocateAddress(order('web'));
  expect([again.address?.address, anyhow.address?.address]).toEqual([first.address?.address, first.address?.address]);
  expect((await kubernetes.list(ipAddress, { namespace })).items).toHaveLength(1);
});

test.each([
  ['another request', { requestId: 'r-2' }, 'ADDRESS-CLAIM-OF-OTHER-REQUEST', 'made by request r-1'],
  ['another pool', { pool: 'other' }, 'ADDRESS-CLAIM-OF-OTHER-POOL', 'one of pool pool, not of other'],
  [
    'another address',
    { requestedAddress: '10.0.0.7' },
    'ADDRESS-CLAIM-OF-OTHER-REQUEST',
    'for no address in particular',
  ],
])('a claim of the same name but of %s is not taken for the own one', async (_, more, code, message) => {
  await makePool('pool');
  await makePool('other');
  await addresses.allocateAddress(order('web', { requestId: 'r-1' }));
  const answer = addresses.allocateAddress({ ...order('web'), ...more });
  await expect(answer).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
    grpcStatus: 'ABORTED',
  });
});

test.each([
  [{ pool: '' }, 'ADDRESS-REQUEST-INCOMPLETE', 'pool is missing'],
  [{ claim: '' }, 'ADDRESS-REQUEST-INCOMPLETE', 'claim is missing'],
  [{ pool: 'mistyped' }, 'ADDRESS-POOL-NOT-FOUND', 'there is no IPPool mistyped in lab'],
])('an order of %j is refused and makes no claim', async (more, code, message) => {
  await makePool('pool');
  const answer = addresses.allocateAddress({ ...order('web'), ...more });
  await expect(answer).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect((await kubernetes.list(ipClaim, { namespace })).items).toEqual([]);
});

test('a claim that cannot be served is refused at once, stays, and is served later', async () => {
  await makePool('pool', { pools: [{ start: '10.0.0.1', end: '10.0.0.1' }] });
  await addresses.allocateAddress(order('first'));
  const refusal = {
    code: 'ADDRESS-REFUSED',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    message: expect.stringContaining('Exhausted IP Pools'),
  };
  await expect(addresses.allocateAddress(order('second'))).rejects.toMatchObject(refusal);
  await addresses.releaseAddress({ namespace, claim: 'first' });
  await eventually(async () => {
    const { address } = await addresses.getAddress({ namespace, claim: 'second' });
    return address?.address === '10.0.0.1';
  });
});

test('what keeps a claim from being looked at is told at once', async () => {
  await makePool('pool', { clusterName: 'sleeping' });
  await expect(addresses.allocateAddress(order('web'))).rejects.toMatchObject({
    code: 'ADDRESS-ON-HOLD',
    message: expect.stringContaining('Cluster sleeping'),
  });
  await kubernetes.create(cluster, { metadata: { namespace, name: 'sleeping' }, spec: { paused: true } } as never);
  await eventually(async () => {
    const { state, message } = await addresses.explainClaim({ namespace, claim: 'web' });
    expect({ state, message }).toEqual({ state: 'waiting', message: 'the pool is paused: Cluster sleeping is paused' });
    return true;
  });
});

test('a release tells who still uses the address', async () => {
  await makePool('pool');
  await addresses.allocateAddress(order('web'));
  const finalizers = ['ipclaim.ipam.metal3.io', 'example.com/uses-it'];
  await kubernetes.patch(ipClaim, { namespace, name: 'web' }, { type: 'merge', body: { metadata: { finalizers } } });
  expect((await addresses.releaseAddress({ namespace, claim: 'web' })).heldBy).toEqual(['example.com/uses-it']);
  await eventually(async () => {
    const { state, message } = await addresses.explainClaim({ namespace, claim: 'web' });
    expect(state).toBe('in-use');
    expect(message).toContain('example.com/uses-it');
    return true;
  });
});

test('a release is refused when the address is not the one that was seen', async () => {
  await makePool('pool');
  const { address } = await addresses.allocateAddress(order('web'));
  const expectedResourceVersion = address?.resourceVersion ?? '';
  await expect(
    addresses.releaseAddress({ namespace, claim: 'web', expectedResourceVersion: '1' }),
  ).rejects.toMatchObject({
    code: 'ADDRESS-CHANGED',
    grpcStatus: 'ABORTED',
  });
  await addresses.releaseAddress({ namespace, claim: 'web', expectedResourceVersion });
  await eventually(async () => (await kubernetes.list(ipAddress, { namespace })).items.length === 0);
  expect((await addresses.releaseAddress({ namespace, claim: 'web' })).heldBy).toEqual([]);
});

test('addresses of both kinds are listed page by page', async () => {
  await makePool('pool');
  for (const claim of ['a', 'b', 'c']) await addresses.allocateAddress(order(claim));
  const poolRef = { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' };
  await kubernetes.create(ipAddressClaim, { metadata: { namespace, name: 'a' }, spec: { poolRef } } as never);
  const seen: string[] = [];
  await eventually(async () => {
    seen.length = 0;
    let pageToken = '';
    do {
      const page: ListAddressesResponse = await addresses.listAddresses({
        namespace,
        pool: 'pool',
        pageSize: 3,
        pageToken,
      });
      seen.push(...page.addresses.map(({ claim, claimKind }) => `${claimKind} ${claim}`));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return seen.length === 4;
  });
  expect(seen).toEqual(['IPClaim a', 'IPClaim b', 'IPClaim c', 'IPAddressClaim a']);
  expect((await addresses.listAddresses({ namespace: 'elsewhere' })).addresses).toEqual([]);
});

test('a pool tells how full it is, in all and by range, and how many claims wait', async () => {
  await makePool('pool', {
    pools: [
      { start: '10.0.0.1', end: '10.0.0.2' },
      { start: '10.0.1.1', end: '10.0.1.1' },
    ],
    preAllocations: { later: '10.0.1.1' },
  });
  for (const claim of ['a', 'b']) await addresses.allocateAddress(order(claim));
  await expect(addresses.allocateAddress(order('c'))).rejects.toMatchObject({ code: 'ADDRESS-REFUSED' });
  const { pool } = await addresses.getPool({ namespace, name: 'pool' });
  expect(pool).toMatchObject({
    total: 3n,
    used: 2n,
    reserved: 1n,
    free: 0n,
    waitingClaims: 1,
    allocationStrategy: 'sequential',
  });
  expect(pool?.ranges).toMatchObject([
    { range: '10.0.0.1-10.0.0.2', total: 2n, used: 2n, free: 0n },
    { range: '10.0.1.1-10.0.1.1', total: 1n, used: 0n, reserved: 1n, free: 0n },
  ]);
  expect((await addresses.listPools({ namespace })).pools.map(({ name }) => name)).toEqual(['pool']);
});

test('a claim that waits is explained: why, what was refused to it, and what helps', async () => {
  await makePool('pool', { preAllocations: { kept: '10.0.0.5' } });
  await addresses.allocateAddress(order('holder', { requestedAddress: '10.0.0.3' }));
  for (const [claim, requestedAddress] of [
    ['in-use', '10.0.0.3'],
    ['not-mine', '10.0.0.5'],
    ['far', '10.9.9.9'],
  ] as const) {
    await expect(addresses.allocateAddress(order(claim, { requestedAddress }))).rejects.toMatchObject({
      code: 'ADDRESS-REFUSED',
    });
  }
  const refusedTo = async (claim: string) => (await addresses.explainClaim({ namespace, claim })).refused;
  expect(await refusedTo('in-use')).toMatchObject([{ address: '10.0.0.3', why: 'in-use', claim: 'holder' }]);
  expect(await refusedTo('not-mine')).toMatchObject([{ address: '10.0.0.5', why: 'kept', claim: 'kept' }]);
  expect(await refusedTo('far')).toMatchObject([{ address: '10.9.9.9', why: 'outside' }]);
  expect(await addresses.explainClaim({ namespace, claim: 'in-use' })).toMatchObject({
    state: 'waiting',
    reason: 'AllocationFailed',
    message: 'Requested IP not available: 10.0.0.3 is in use by claim holder',
    remedy: expect.stringContaining('Ask for another address'),
  });
  expect((await addresses.explainClaim({ namespace, claim: 'holder' })).address?.address).toBe('10.0.0.3');
});

test('what happens to addresses is followed from a snapshot on', async () => {
  await makePool('pool');
  await addresses.allocateAddress(order('before'));
  const seen: string[] = [];
  const done = new AbortController();
  const following = (async () => {
    for await (const { kind, address } of addresses.watchAddresses(
      { namespace, pool: 'pool' },
      { signal: done.signal },
    )) {
      seen.push(`${kind} ${address?.claim ?? ''}`);
    }
  })().catch(() => undefined);
  await eventually(() => seen.length === 2);
  await addresses.allocateAddress(order('after'));
  await addresses.releaseAddress({ namespace, claim: 'before' });
  await eventually(() => seen.some((line) => line === `${Kind.DELETED} before`));
  done.abort();
  await following;
  expect(seen.slice(0, 2)).toEqual([`${Kind.SNAPSHOT} before`, `${Kind.SYNCED} `]);
  expect(seen).toContain(`${Kind.CHANGED} after`);
});
