// What Cluster API asks of an IPAM provider: https://cluster-api.sigs.k8s.io/developer/providers/contracts/ipam
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ipPool, type IPPoolSpec } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { claimants, makePool, type Claimant } from './claimants.ts';
import { cluster, ipAddressClaim } from './kinds.ts';
import { startIpamSite, type IpamSite } from './site.ts';

let site: IpamSite;
let metal3: Claimant;
let clusterApi: Claimant;
beforeAll(async () => {
  site = await startIpamSite();
  [metal3, clusterApi] = claimants(site.api, site.namespace);
  await site.start();
}, 600_000);
afterAll(() => site?.stop());

const pool = (name: string, spec: Partial<IPPoolSpec> = {}) =>
  makePool(site.api, site.namespace, name, { pools: [{ start: '10.1.0.10', end: '10.1.0.20' }], ...spec });
const key = (name: string) => ({ namespace: site.namespace, name });
/** With an endpoint, since the schema of Clusters wants something in their spec. */
const makeCluster = (name: string, paused = false) =>
  site.api.create(cluster, {
    metadata: key(name),
    spec: { paused, controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } },
  });
const pause = (name: string, paused: boolean) =>
  site.api.patch(cluster, key(name), { type: 'merge', body: { spec: { paused } } });
const claimOfCluster = (name: string, poolName: string, clusterName: string) =>
  site.api.create(ipAddressClaim, {
    metadata: key(name),
    spec: { clusterName, poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: poolName } },
  });

test('a claim on a pool of another group or kind is left to the provider that it is meant for', async () => {
  await pool('ours');
  const foreign = { apiGroup: 'ipam.cluster.x-k8s.io', kind: 'InClusterIPPool', name: 'ours' };
  const otherKind = { apiGroup: 'ipam.metal3.io', kind: 'GlobalIPPool', name: 'ours' };
  for (const [name, poolRef] of Object.entries({ foreign, 'other-kind': otherKind })) {
    await site.api.create(ipAddressClaim, { metadata: key(name), spec: { poolRef } });
  }
  // Claims are served in the order in which they come: what was made before this one has been looked at.
  await clusterApi.claim('ours', 'ours');
  await clusterApi.served('ours');
  for (const name of ['foreign', 'other-kind']) {
    const { metadata, status } = await site.api.get(ipAddressClaim, key(name));
    expect(metadata.finalizers ?? []).toEqual([]);
    expect(status).toBeUndefined();
  }
});

test('the address is owned by its claim, which controls it, and by its pool, which does not', async () => {
  await pool('owners');
  await clusterApi.claim('owners', 'owners');
  const { object } = await clusterApi.served('owners');
  const { uid: claimUid } = (await site.api.get(ipAddressClaim, key('owners'))).metadata;
  const { uid: poolUid } = (await site.api.get(ipPool, key('owners'))).metadata;
  expect(object.metadata.finalizers).toContain('ipam.metal3.io/ipaddress');
  expect(object.metadata.ownerReferences).toHaveLength(2);
  expect(object.metadata.ownerReferences).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'IPAddressClaim', uid: claimUid, controller: true, blockOwnerDeletion: true }),
      expect.objectContaining({ kind: 'IPPool', uid: poolUid, blockOwnerDeletion: true }),
    ]),
  );
  const poolOwner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'IPPool');
  expect(poolOwner?.controller ?? false).toBe(false);
});

test('a claim that is served is Ready with a reason, and one that is not is not', async () => {
  await pool('ready', { pools: [{ start: '10.2.0.10', end: '10.2.0.10' }] });
  await clusterApi.claim('ready', 'ready');
  await clusterApi.served('ready');
  const conditionOf = async (name: string) =>
    (await site.api.get(ipAddressClaim, key(name))).status?.conditions?.find(({ type }) => type === 'Ready');
  await eventually(async () => expect(await conditionOf('ready')).toMatchObject({ status: 'True' }) ?? true);
  expect((await conditionOf('ready'))?.reason).toMatch(/^[A-Z]/);
  await clusterApi.claim('not-ready', 'ready');
  await clusterApi.refused('not-ready', 'Exhausted IP Pools');
  expect(await conditionOf('not-ready')).toMatchObject({ status: 'False', reason: 'PoolExhausted' });
});

test('a claim of a Cluster that is not there, or is paused, waits for it', async () => {
  await pool('for-clusters');
  await makeCluster('paused', true);
  await claimOfCluster('of-paused', 'for-clusters', 'paused');
  await claimOfCluster('of-missing', 'for-clusters', 'missing');
  await clusterApi.claim('of-none', 'for-clusters');
  await clusterApi.served('of-none');
  expect((await clusterApi.look('of-paused')).given).toBeUndefined();
  expect((await clusterApi.look('of-missing')).given).toBeUndefined();
  await pause('paused', false);
  await makeCluster('missing');
  await clusterApi.served('of-paused');
  await clusterApi.served('of-missing');
});

test('a claim that is annotated as paused is neither served nor released', async () => {
  await pool('pausing');
  const paused = { 'cluster.x-k8s.io/paused': '' };
  for (const who of [metal3, clusterApi]) await who.claim('pausing', 'pausing', { annotations: paused });
  await metal3.claim('next', 'pausing');
  await metal3.served('next');
  for (const who of [metal3, clusterApi]) expect((await who.look('pausing')).given).toBeUndefined();
  for (const who of [metal3, clusterApi]) {
    await who.annotate('pausing', { 'cluster.x-k8s.io/paused': null });
    await who.served('pausing');
  }
});

test('nothing of a pool whose Cluster is paused is served, until it goes on', async () => {
  await makeCluster('asleep', true);
  await pool('asleep', { clusterName: 'asleep' });
  for (const who of [metal3, clusterApi]) await who.claim('asleep', 'asleep');
  await pool('awake');
  await metal3.claim('awake', 'awake');
  await metal3.served('awake');
  for (const who of [metal3, clusterApi]) expect((await who.look('asleep')).given).toBeUndefined();
  await pause('asleep', false);
  for (const who of [metal3, clusterApi]) await who.served('asleep');
});

test("a Cluster's pool carries the marks by which clusterctl moves it", async () => {
  const { metadata } = await makeCluster('marked');
  await pool('marked', { clusterName: 'marked' });
  await eventually(async () => {
    const { labels, ownerReferences, finalizers } = (await site.api.get(ipPool, key('marked'))).metadata;
    expect(labels).toMatchObject({
      'cluster.x-k8s.io/cluster-name': 'marked',
      'cluster.x-k8s.io/provider': 'ipam-metal3',
    });
    expect(ownerReferences).toEqual([expect.objectContaining({ kind: 'Cluster', uid: metadata.uid })]);
    expect(finalizers).toEqual(['ippool.ipam.metal3.io']);
    return true;
  });
});

test('with its Cluster a pool goes too, after the claims on it', async () => {
  const { apiVersion, kind, metadata } = await makeCluster('doomed');
  await pool('doomed', { clusterName: 'doomed' });
  await metal3.claim('doomed', 'doomed', { finalizers: ['example.com/uses-the-address'] });
  await claimOfCluster('doomed', 'doomed', 'doomed');
  await metal3.served('doomed');
  await clusterApi.served('doomed');
  const owner = { apiVersion, kind, name: 'doomed', uid: metadata.uid };
  const owned = { type: 'merge', body: { metadata: { ownerReferences: [owner] } } } as const;
  await site.api.patch(ipAddressClaim, key('doomed'), owned);
  await site.api.delete(cluster, key('doomed'));
  // The claim that nobody uses goes at once; the pool stays for the one that is used.
  const poolOf = () => site.api.find(ipPool, key('doomed'));
  await collected(async () => (await clusterApi.look('doomed')).object === undefined);
  await collected(async () => (await poolOf())?.metadata.deletionTimestamp !== undefined);
  await metal3.stopUsing('doomed');
  await metal3.release('doomed');
  await eventually(async () => (await poolOf()) === undefined);
}, 300_000);

/** The garbage collector notices new kinds every 30 s only, and these have been made for this run. */
const collected = (isDone: () => Promise<boolean>) => eventually(isDone, { timeoutMs: 120_000, everyMs: 100 });

test('what was refused or left alone leaves no warning in the log', () => {
  expect(site.logs().filter(({ level }) => ['warn', 'error', 'fatal', 40, 50, 60].includes(level))).toEqual([]);
});
