import { expect, test } from '@jest/globals';
import { ipClaim } from '@metal3/metal3-api';
import { cluster, clusterApiIpAddress, type IPAddressClaim, ipAddressClaim } from './kinds.ts';
import { claimLab, namespace, poolRef } from '../testing/claim-lab.ts';

const lab = claimLab();

test('serves claims of Cluster API from the same addresses, as the contract of IPAM providers has it', async () => {
  const pool = await lab.makePool({ prefix: 24 });
  await lab.makeClaim('metal3');
  await lab.clock.advance(0);
  const made = await lab.makeAddressClaim('capi');
  await lab.clock.advance(0);
  expect(await lab.addressClaim('capi')).toMatchObject({
    metadata: { finalizers: ['ipam.metal3.io/ipaddressclaim'] },
    status: { addressRef: { name: 'p-10-0-0-2' }, conditions: [{ type: 'Ready', status: 'True', reason: 'Ready' }] },
  });
  expect(await lab.server.get(clusterApiIpAddress, { namespace, name: 'p-10-0-0-2' })).toMatchObject({
    metadata: {
      finalizers: ['ipam.metal3.io/ipaddress'],
      ownerReferences: [
        { kind: 'IPAddressClaim', uid: made.metadata.uid, controller: true, blockOwnerDeletion: true },
        { kind: 'IPPool', uid: pool.metadata.uid, controller: false, blockOwnerDeletion: true },
      ],
    },
    spec: { address: '10.0.0.2', prefix: 24, gateway: '10.0.0.254', claimRef: { name: 'capi' }, poolRef },
  });
  expect(await lab.indexes()).toEqual({ metal3: '10.0.0.1', capi: '10.0.0.2' });

  await lab.server.delete(ipAddressClaim, { namespace, name: 'capi' });
  expect(await lab.indexes()).toEqual({ metal3: '10.0.0.1' });
  expect(await lab.server.find(ipAddressClaim, { namespace, name: 'capi' })).toBeUndefined();
});

test('tells two claims of one name apart', async () => {
  await lab.makePool();
  await lab.makeClaim('same');
  await lab.makeAddressClaim('same');
  expect(await lab.indexes()).toEqual({ same: expect.any(String), 'IPAddressClaim/same': expect.any(String) });
  await lab.server.delete(ipClaim, { namespace, name: 'same' });
  expect(Object.keys((await lab.indexes()) ?? {})).toEqual(['same']);
});

test('serves claims of Cluster API that is installed later, and of version v1beta1', async () => {
  lab.stop();
  await lab.stopped();
  const ipam = lab.start({});
  const v1beta1 = { ...ipAddressClaim, version: 'v1beta1' };
  await lab.makePool();
  await lab.makeClaim('metal3');
  await lab.clock.advance(0);
  await lab.server.create<IPAddressClaim>(v1beta1, { metadata: { namespace, name: 'capi' }, spec: { poolRef } });
  await lab.clock.advance(0);
  expect((await lab.addressClaim('capi')).status).toBeUndefined();
  ipam.installClusterApi('v1beta1');
  await lab.clock.advance(0);
  expect((await lab.addressClaim('capi')).status).toMatchObject({
    addressRef: { name: 'p-10-0-0-2' },
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: expect.any(String) }],
    v1beta2: { conditions: [{ type: 'Ready', status: 'True', reason: 'Ready' }] },
  });
});

test('leaves claims on pools of other providers alone', async () => {
  await lab.makePool();
  await lab.makeAddressClaim('foreign', { poolRef: { apiGroup: 'ipam.example.com', kind: 'Pool', name: 'pool' } });
  await lab.makeAddressClaim('other-kind', { poolRef: { ...poolRef, kind: 'Other' } });
  await lab.clock.advance(2_000);
  for (const name of ['foreign', 'other-kind']) {
    const { metadata, status } = await lab.addressClaim(name);
    expect([metadata.finalizers, status]).toEqual([undefined, undefined]);
  }
});

test('refuses a claim of Cluster API with the reasons that it defines, and serves it later', async () => {
  await lab.makePool({ pools: [{ start: '10.0.0.1', end: '10.0.0.1' }] });
  await lab.makeClaim('first');
  await lab.clock.advance(0);
  await lab.makeAddressClaim('late');
  await lab.clock.advance(0);
  expect((await lab.addressClaim('late')).status?.conditions).toMatchObject([
    {
      type: 'Ready',
      status: 'False',
      reason: 'PoolExhausted',
      message: 'Exhausted IP Pools: 10.0.0.1-10.0.0.1 has 1 in use',
    },
  ]);
  await lab.server.delete(ipClaim, { namespace, name: 'first' });
  await lab.clock.advance(0);
  expect((await lab.addressClaim('late')).status?.addressRef).toEqual({ name: 'p-10-0-0-1' });
});

test('waits for the Cluster that a claim of Cluster API names, and while it is paused', async () => {
  await lab.makePool();
  await lab.makeAddressClaim('one', { clusterName: 'demo' });
  await lab.clock.advance(0);
  expect((await lab.addressClaim('one')).metadata.finalizers).toBeUndefined();
  await lab.server.create(cluster, { metadata: { namespace, name: 'demo' }, spec: { paused: true } } as never);
  await lab.clock.advance(0);
  expect((await lab.addressClaim('one')).metadata.finalizers).toBeUndefined();
  await lab.server.patch(cluster, { namespace, name: 'demo' }, { type: 'merge', body: { spec: { paused: false } } });
  await lab.clock.advance(0);
  expect((await lab.addressClaim('one')).status?.addressRef).toEqual({ name: 'p-10-0-0-1' });
});
