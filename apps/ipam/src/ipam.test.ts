import { expect, test } from '@jest/globals';
import { type Kind } from '@metal3/kube-client';
import { ipAddress, type IPClaim, ipClaim, ipPool } from '@metal3/metal3-api';
import { cluster, clusterApiIpAddress, ipAddressClaim } from './cluster-api/kinds.ts';
import { claimLab, namespace } from './testing/claim-lab.ts';

const lab = claimLab();

test('gives a claim an address, and takes it back', async () => {
  const pool = await lab.makePool();
  const made = await lab.makeClaim('one', { labels: { of: 'one' } });
  await lab.clock.advance(0);
  expect((await lab.claim('one')).status).toEqual({
    address: { name: 'p-10-0-0-1', namespace },
    conditions: [expect.objectContaining({ type: 'Ready', status: 'True', reason: 'Ready' })],
  });
  const address = await lab.server.get(ipAddress, { namespace, name: 'p-10-0-0-1' });
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
  expect(await lab.indexes()).toEqual({ one: '10.0.0.1' });

  await lab.server.delete(ipClaim, { namespace, name: 'one' });
  await lab.clock.advance(0);
  expect(await lab.server.find(ipClaim, { namespace, name: 'one' })).toBeUndefined();
  expect((await lab.server.list(ipAddress)).items).toEqual([]);
  expect(await lab.indexes()).toEqual({});
});

test('serves a claim that came before its pool', async () => {
  await lab.makeClaim('early');
  await lab.clock.advance(0);
  await lab.makePool();
  await lab.clock.advance(0);
  expect(await lab.outcome('early')).toBe('p-10-0-0-1');
});

test('tells a claim that nothing is left, and serves it when an address comes back or the pool grows', async () => {
  await lab.makePool();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await lab.makeClaim(name);
  await lab.clock.advance(0);
  const refused = [];
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    if ((await lab.outcome(name)) === 'Exhausted IP Pools') refused.push(name);
  expect(refused).toEqual(['d', 'e']);

  await lab.server.delete(ipClaim, { namespace, name: 'b' });
  await lab.clock.advance(0);
  expect(await lab.claim('d')).toMatchObject({ status: { address: { name: 'p-10-0-0-2' } } });
  expect(await lab.outcome('e')).toBe('Exhausted IP Pools');

  const pools = [{ start: '10.0.0.1', end: '10.0.0.9' }];
  await lab.server.patch(ipPool, { namespace, name: 'pool' }, { type: 'merge', body: { spec: { pools } } });
  await lab.clock.advance(0);
  expect(await lab.outcome('e')).toBe('p-10-0-0-4');
});

test('tries the next address when another pool of the same prefix has the name', async () => {
  await lab.makePool();
  await lab.makePool({ pools: [{ start: '10.0.0.1', end: '10.0.0.2' }] }, 'other');
  await lab.makeClaim('mine');
  await lab.clock.advance(0);
  await lab.makeClaim('theirs', {}, 'other');
  await lab.clock.advance(0);
  expect([await lab.outcome('mine'), await lab.outcome('theirs')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('is not stopped by objects that were stored without a spec', async () => {
  const specless = (name: string) => ({ metadata: { namespace, name } });
  await lab.server.create(ipPool as Kind, specless('no-spec'));
  await lab.server.create(ipClaim as Kind, specless('no-spec'));
  await lab.server.create(ipAddress as Kind, specless('no-spec'));
  await lab.server.create(ipAddressClaim as Kind, specless('no-spec'));
  await lab.server.create(clusterApiIpAddress as Kind, specless('no-spec'));
  await lab.makePool();
  await lab.makeClaim('one');
  await lab.clock.advance(2_000);
  expect(await lab.outcome('one')).toBe('p-10-0-0-1');
  expect(await lab.outcome('no-spec')).toBe('spec.pool.name is empty: name an IPPool');
  await lab.makeClaim('two');
  lab.stop();
  await lab.stopped();
  lab.start();
  await lab.clock.advance(0);
  expect(await lab.outcome('two')).toBe('p-10-0-0-2');
});

test('keeps an address while another finalizer holds its claim', async () => {
  await lab.makePool();
  await lab.makeClaim('held', { finalizers: ['metal3data.infrastructure.cluster.x-k8s.io'] });
  await lab.clock.advance(0);
  await lab.server.delete(ipClaim, { namespace, name: 'held' });
  await lab.clock.advance(0);
  expect(await lab.indexes()).toEqual({ held: '10.0.0.1' });
  const finalizers = ['ipclaim.ipam.metal3.io'];
  await lab.server.patch(ipClaim, { namespace, name: 'held' }, { type: 'merge', body: { metadata: { finalizers } } });
  await lab.clock.advance(0);
  expect(await lab.indexes()).toEqual({});
});

test('lets a pool go once its last address is back', async () => {
  await lab.makePool();
  await lab.makeClaim('last');
  await lab.clock.advance(0);
  await lab.server.delete(ipPool, { namespace, name: 'pool' });
  await lab.makeClaim('late');
  await lab.clock.advance(0);
  expect(await lab.outcome('late')).toBe('IPPool pool is being deleted');
  expect(await lab.indexes()).toEqual({ last: '10.0.0.1' });
  await lab.server.delete(ipClaim, { namespace, name: 'last' });
  await lab.clock.advance(0);
  expect(await lab.server.find(ipPool, { namespace, name: 'pool' })).toBeUndefined();
});

test('gives back the address of a claim that went without us', async () => {
  await lab.makePool();
  await lab.makeClaim('robbed');
  await lab.clock.advance(0);
  await lab.server.patch(
    ipClaim,
    { namespace, name: 'robbed' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
  await lab.server.delete(ipClaim, { namespace, name: 'robbed' });
  await lab.clock.advance(0);
  expect(await lab.indexes()).toEqual({});
});

test('leaves a paused pool alone, and waits for the cluster that it belongs to', async () => {
  await lab.makePool({ clusterName: 'demo' });
  await lab.makeClaim('one');
  await lab.clock.advance(0);
  expect(await lab.outcome('one')).toBeUndefined();

  const made = await lab.server.create(cluster, {
    metadata: { namespace, name: 'demo' },
    spec: { paused: true },
  } as never);
  await lab.clock.advance(30_000);
  expect(await lab.outcome('one')).toBeUndefined();

  await lab.server.patch(cluster, { namespace, name: 'demo' }, { type: 'merge', body: { spec: { paused: false } } });
  await lab.clock.advance(30_000);
  expect(await lab.outcome('one')).toBe('p-10-0-0-1');
  expect((await lab.server.get(ipPool, { namespace, name: 'pool' })).metadata).toMatchObject({
    labels: { 'cluster.x-k8s.io/cluster-name': 'demo', 'cluster.x-k8s.io/provider': 'ipam-metal3' },
    ownerReferences: [
      { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'demo', uid: made.metadata.uid },
    ],
  });
});

test('serves the claim that asks for an address when it comes free, and no other wakes', async () => {
  await lab.makePool();
  for (const name of ['a', 'b', 'c']) await lab.makeClaim(name);
  await lab.clock.advance(0);
  const wanted = (await lab.claim('b')).status?.address?.name;
  const address = wanted?.replace('p-', '').replaceAll('-', '.') ?? '';
  await lab.makeClaim('wants-b', { annotations: { ipAddress: address } });
  await lab.clock.advance(0);
  expect(await lab.outcome('wants-b')).toBe('Requested IP not available');
  await lab.server.delete(ipClaim, { namespace, name: 'a' });
  await lab.clock.advance(0);
  expect(await lab.outcome('wants-b')).toBe('Requested IP not available');
  await lab.server.delete(ipClaim, { namespace, name: 'b' });
  await lab.clock.advance(0);
  expect(await lab.outcome('wants-b')).toBe(wanted);
});

test('gives a claim back the address whose object someone has removed by force', async () => {
  await lab.makePool();
  await lab.makeClaim('robbed');
  await lab.clock.advance(0);
  const key = { namespace, name: 'p-10-0-0-1' };
  const before = await lab.server.get(ipAddress, key);
  await lab.server.patch(ipAddress, key, { type: 'merge', body: { metadata: { finalizers: null } } });
  const robbery = lab.server.delete(ipAddress, key);
  await Promise.all([robbery, lab.makeClaim('hungry')]);
  await lab.clock.advance(0);
  const after = await lab.server.get(ipAddress, key);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect([await lab.outcome('robbed'), await lab.outcome('hungry')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('remembers after a restart which address such a claim had', async () => {
  await lab.makePool();
  await lab.makeClaim('robbed');
  await lab.clock.advance(0);
  lab.stop();
  await lab.stopped();
  const key = { namespace, name: 'p-10-0-0-1' };
  await lab.server.patch(ipAddress, key, { type: 'merge', body: { metadata: { finalizers: null } } });
  await lab.server.delete(ipAddress, key);
  await lab.makeClaim('hungry');
  lab.start();
  await lab.clock.advance(0);
  expect([await lab.outcome('robbed'), await lab.outcome('hungry')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
});

test('takes over what upstream has written, and changes no address', async () => {
  lab.stop();
  await lab.stopped();
  const pool = await lab.makePool();
  const made = await lab.makeClaim('old', { finalizers: ['ipclaim.ipam.metal3.io'] });
  const owner = (kind: string, { name = '', uid = '' }: IPClaim['metadata']) => ({
    apiVersion: 'ipam.metal3.io/v1alpha1',
    kind,
    name,
    uid,
  });
  await lab.server.create(ipAddress, {
    metadata: {
      namespace,
      name: 'p-10-0-0-2',
      finalizers: ['ipaddress.ipam.metal3.io'],
      ownerReferences: [owner('IPPool', pool.metadata), owner('IPClaim', made.metadata)],
    },
    spec: { address: '10.0.0.2', pool: { name: 'pool', namespace }, claim: { name: 'old', namespace } },
  });
  const told = { status: { address: { name: 'p-10-0-0-2', namespace } } };
  await lab.server.patchStatus(ipClaim, { namespace, name: 'old' }, { type: 'merge', body: told });
  const before = await lab.claim('old');
  lab.start();
  await lab.makeClaim('new');
  await lab.clock.advance(0);
  expect(await lab.claim('old')).toEqual(before);
  expect(await lab.outcome('new')).toBe('p-10-0-0-1');
  expect(await lab.indexes()).toEqual({ old: '10.0.0.2', new: '10.0.0.1' });
});

test('gathers what changes in a large pool before it tells it', async () => {
  await lab.makePool({ pools: [{ subnet: '10.0.0.0/16' }] });
  for (let at = 0; at < 1_000; at++) await lab.makeClaim(`claim-${at}`);
  const used = async () => (await lab.server.get(ipPool, { namespace, name: 'pool' })).status?.addresses?.used;
  await lab.clock.advance(10_000);
  expect(await used()).toBe(1_000);
  await lab.makeClaim('next');
  await lab.clock.advance(1_000);
  await lab.makeClaim('last');
  await lab.clock.advance(900);
  expect(await used()).toBe(1_000);
  await lab.clock.advance(200);
  expect(await used()).toBe(1_002);
});

test('tells how much of a pool is in use', async () => {
  await lab.makePool({ preAllocations: { kept: '10.0.0.3' } });
  await lab.makeClaim('one');
  await lab.clock.advance(2_000);
  const { status } = await lab.server.get(ipPool, { namespace, name: 'pool' });
  expect(status).toMatchObject({
    addresses: { total: 3, used: 1, reserved: 1, free: 1 },
    ranges: [{ range: '10.0.0.1-10.0.0.3', total: 3, used: 1, reserved: 1, free: 1 }],
    conditions: [{ type: 'Ready', status: 'True' }],
  });
});
