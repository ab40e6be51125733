import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kind, type KubeObject, node, silentLog } from '@metal3/kube-client';
import { cachedClient } from '@metal3/kube-controller';
import { type MemoryKubernetes, memoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost, metal3Machine, metal3Remediation } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { cluster, machine } from '../cluster-api/kinds.ts';
import { capm3Caches, capm3Controllers } from '../controllers.ts';
import { ours } from '../machine/testing.ts';
import { settingsOf } from '../testing/settings.ts';
import type { WorkloadCluster } from '../workload/clusters.ts';

const namespace = 'metal3';
const key = { namespace, name: 'worker-1' };
const host = { namespace, name: 'host-1' };
const pod: Kind<KubeObject> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

let clock: FakeClock;
let management: MemoryKubernetes;
let workload: MemoryKubernetes;
let minor: string;
let stop: AbortController;
let running: Promise<unknown>;

/** All of capm3 in this process, with a machine on a host and its Node, and a management and a workload cluster in memory. */
beforeEach(async () => {
  clock = fakeClock();
  minor = '31';
  stop = new AbortController();
  management = memoryKubernetes({ now: clock.now });
  workload = memoryKubernetes({ now: clock.now });
  const reachable: WorkloadCluster = {
    ...workload,
    text: () => Promise.resolve(JSON.stringify({ major: '1', minor })),
    // There is one Node: all Pods are on it.
    list: (kind) => workload.list(kind),
  };
  const client = cachedClient(management, { clock });
  const controllers = capm3Controllers({
    client,
    caches: capm3Caches(client, []),
    workload: { connect: () => Promise.resolve(reachable) },
    settings: settingsOf('--sync-period=1000h'),
    clock,
    log: silentLog,
    random: { fraction: () => 0 } as never,
  });
  await management.create(cluster, { metadata: { namespace, name: 'blue' }, spec: {} });
  const owner = await management.create(machine, {
    metadata: key,
    spec: {
      clusterName: 'blue',
      bootstrap: { dataSecretName: 's' },
      infrastructureRef: { kind: 'Metal3Machine', name: key.name },
    },
  });
  await management.patchStatus(machine, key, { type: 'merge', body: { status: { nodeRef: { name: 'node-1' } } } });
  const annotations = { 'metal3.io/BareMetalHost': 'metal3/host-1' };
  await management.create(metal3Machine, { metadata: { ...key, annotations }, spec: {} });
  await management.create(bareMetalHost, { metadata: host, spec: { online: true, consumerRef: ours } });
  await power(true);
  const labels = { role: 'storage' };
  await workload.create(node, { metadata: { name: 'node-1', labels }, spec: { taints: [] } });
  const { apiVersion, kind } = owner;
  await management.create(metal3Remediation, {
    metadata: { ...key, ownerReferences: [{ apiVersion, kind, name: key.name, uid: owner.metadata.uid ?? '' }] },
    spec: { strategy: { type: 'Reboot', retryLimit: 1, timeoutSeconds: 300 } },
  });
  running = Promise.all([client.run(stop.signal), ...controllers.map((one) => one.run(stop.signal))]);
  await clock.advance(1_000);
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** What bmo would do. */
async function power(poweredOn: boolean): Promise<void> {
  const status = { poweredOn, provisioning: { state: 'provisioned', ID: '' } };
  await management.patchStatus(bareMetalHost, host, { type: 'merge', body: { status } });
  await clock.advance(1_000);
}

const remediation = () => management.find(metal3Remediation, key);
const phase = async () => (await remediation())?.status?.phase;
const isHeldOff = async () =>
  Object.keys((await management.get(bareMetalHost, host)).metadata.annotations ?? {}).some((name) =>
    name.startsWith('reboot.metal3.io/metal3-remediation-'),
  );
const taints = async () => (await workload.get(node, { name: 'node-1' })).spec.taints?.map(({ key: name }) => name);
const outOfService = 'node.kubernetes.io/out-of-service';

test('a machine is power cycled, its Node out of service meanwhile', async () => {
  expect([await phase(), await isHeldOff(), await taints()]).toEqual(['Running', true, []]);
  await power(false);
  expect(await taints()).toEqual([outOfService]);
  await clock.advance(20_000);
  expect([await phase(), await isHeldOff()]).toEqual(['Waiting', false]);
  await power(true);
  expect([await taints(), (await remediation())?.metadata.finalizers ?? []]).toEqual([[], []]);
});

test('the host stays off for as long as Pods are on their way from the Node', async () => {
  const evicted = { namespace: 'default', name: 'pod', finalizers: ['kubelet'] };
  await workload.create(pod, { metadata: evicted });
  await workload.delete(pod, evicted);
  await power(false);
  await clock.advance(60_000);
  expect([await phase(), await isHeldOff()]).toEqual(['Running', true]);
  await workload.patch(pod, evicted, { type: 'merge', body: { metadata: { finalizers: null } } });
  await clock.advance(10_000);
  expect([await phase(), await isHeldOff()]).toEqual(['Waiting', false]);
});

test('in a cluster before 1.28 the Node is deleted, and gets its labels back when it returns', async () => {
  minor = '27+';
  await power(false);
  await clock.advance(10_000);
  expect(await workload.find(node, { name: 'node-1' })).toBeUndefined();
  expect(await phase()).toBe('Waiting');
  await power(true);
  await workload.create(node, { metadata: { name: 'node-1', labels: { fresh: 'yes' } }, spec: {} });
  await clock.advance(10_000);
  expect((await workload.get(node, { name: 'node-1' })).metadata.labels).toEqual({ role: 'storage', fresh: 'yes' });
  const { metadata } = await management.get(metal3Remediation, key);
  expect([metadata.finalizers ?? [], metadata.annotations ?? {}]).toEqual([[], {}]);
});

test('a machine that does not get well is given up, in the conditions of both contracts, and its host kept aside', async () => {
  for (let attempt = 0; attempt < 2; attempt++) {
    await power(false);
    await clock.advance(20_000);
    await power(true);
    await clock.advance(300_000);
  }
  expect((await remediation())?.status).toMatchObject({ phase: 'Deleting machine', retryCount: 1 });
  const { status } = await management.get(machine, key);
  const finding = { type: 'OwnerRemediated', status: 'False', reason: 'WaitingForRemediation' };
  expect(status?.conditions).toMatchObject([finding]);
  expect(status?.deprecated?.v1beta1?.conditions).toMatchObject([{ ...finding, severity: 'Warning' }]);
  expect((await management.get(bareMetalHost, host)).metadata.annotations).toEqual({
    'capm3.metal3.io/unhealthy': 'capm3/UnhealthyNode',
  });
});

test('a remediation that is deleted half-way leaves no host off and no mark on the Node', async () => {
  await power(false);
  expect([await isHeldOff(), await taints()]).toEqual([true, [outOfService]]);
  await management.delete(metal3Remediation, key);
  await clock.advance(1_000);
  expect([await isHeldOff(), await taints(), await remediation()]).toEqual([false, [], undefined]);
});

test('a host that somebody wants off half-way ends the remediation, without a mark on the Node', async () => {
  await power(false);
  expect(await taints()).toEqual([outOfService]);
  await management.patch(bareMetalHost, host, { type: 'merge', body: { spec: { online: false } } });
  await clock.advance(1_000);
  expect([await phase(), await isHeldOff(), await taints()]).toEqual(['Failed', false, []]);
  expect((await remediation())?.metadata.finalizers ?? []).toEqual([]);
});

test('while the Cluster is paused nothing is done', async () => {
  await management.patch(cluster, { namespace, name: 'blue' }, { type: 'merge', body: { spec: { paused: true } } });
  await clock.advance(1_000);
  await power(false);
  await clock.advance(60_000);
  expect([await phase(), await taints()]).toEqual(['Running', []]);
});
