import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { node } from '@metal3/kube-client';
import { type MemoryKubernetes, memoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost, metal3Cluster, metal3Machine, metal3MachineTemplate } from '@metal3/metal3-api';
import { cluster, machine, type Machine } from '../cluster-api/kinds.ts';
import { ours } from '../machine/testing.ts';
import { type Capm3InMemory, capm3InMemory } from '../testing/capm3-in-memory.ts';
import { labelSyncAnnotation } from './decide.ts';

const namespace = 'metal3';
const key = (name: string) => ({ namespace, name });
const own = { 'cluster.x-k8s.io/cluster-name': 'blue' };

let capm3: Capm3InMemory;
let workload: MemoryKubernetes;
beforeEach(async () => {
  capm3 = capm3InMemory();
  const { api, clock } = capm3;
  workload = memoryKubernetes({ now: clock.now });
  await api.create(cluster, {
    metadata: key('blue'),
    spec: { infrastructureRef: { kind: 'Metal3Cluster', name: 'blue' } },
  });
  const status = { initialization: { infrastructureProvisioned: true } };
  await api.patchStatus(cluster, key('blue'), { type: 'merge', body: { status } });
  const owners = [{ apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'blue', uid: 'uid-cluster' }];
  await api.create(metal3Cluster, {
    metadata: { ...key('blue'), ownerReferences: owners, annotations: { [labelSyncAnnotation]: 'example.com' } },
    spec: { controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } },
  });
  await api.create(machine, {
    metadata: key('worker-1'),
    spec: { clusterName: 'blue', bootstrap: {} } as Machine['spec'],
  });
  await api.patchStatus(machine, key('worker-1'), { type: 'merge', body: { status: { nodeRef: { name: 'node-1' } } } });
  await api.create(metal3Machine, {
    metadata: {
      ...key('worker-1'),
      labels: own,
      annotations: {
        'metal3.io/BareMetalHost': 'metal3/host-1',
        'cluster.x-k8s.io/cloned-from-name': 'workers',
        'cluster.x-k8s.io/cloned-from-groupkind': 'Metal3MachineTemplate.infrastructure.cluster.x-k8s.io',
      },
      ownerReferences: [{ apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine', name: 'worker-1', uid: 'uid' }],
    },
    spec: { image: { url: 'http://images/os.raw', checksum: 'abc' } },
  });
  await api.create(bareMetalHost, {
    metadata: { ...key('host-1'), labels: { ...own, 'example.com/rack': '7' } },
    spec: { online: true, consumerRef: ours },
  });
  await workload.create(node, {
    metadata: { name: 'node-1', labels: { role: 'storage', 'example.com/old': '1' } },
    spec: {},
  });
  capm3.start({ workload: { ...workload, text: () => Promise.resolve('') } });
  await clock.advance(1_000);
});
afterEach(() => capm3.stop());

const labels = async () => (await workload.get(node, { name: 'node-1' })).metadata.labels;
const label = (value: string) => ({
  type: 'merge' as const,
  body: { metadata: { labels: { 'example.com/rack': value } } },
});

test('labels of a host with a prefix that its cluster names are on its Node, and no others of that prefix', async () => {
  expect(await labels()).toEqual({ role: 'storage', 'example.com/rack': '7' });
  await capm3.api.patch(bareMetalHost, key('host-1'), label('8'));
  await capm3.clock.advance(1_000);
  expect(await labels()).toMatchObject({ 'example.com/rack': '8' });
});

test('what somebody does to them on the Node is undone within a minute, and nothing is written where nothing differs', async () => {
  await workload.patch(node, { name: 'node-1' }, label('0'));
  await capm3.clock.advance(60_000);
  expect(await labels()).toMatchObject({ 'example.com/rack': '7' });
  const writes = workload.calls.get('patch nodes');
  await capm3.clock.advance(180_000);
  expect(workload.calls.get('patch nodes')).toBe(writes);
});

test('a paused cluster leaves its Nodes alone until the pause is over', async () => {
  const pause = (paused: boolean) =>
    capm3.api.patch(cluster, key('blue'), { type: 'merge', body: { spec: { paused } } });
  await pause(true);
  await capm3.clock.advance(1_000);
  await capm3.api.patch(bareMetalHost, key('host-1'), label('8'));
  await capm3.clock.advance(120_000);
  expect(await labels()).toMatchObject({ 'example.com/rack': '7' });
  await pause(false);
  await capm3.clock.advance(5_000);
  expect(await labels()).toMatchObject({ 'example.com/rack': '8' });
});

test('machines follow the cleaning mode of the template they were made of', async () => {
  await capm3.api.create(metal3MachineTemplate, {
    metadata: key('workers'),
    spec: { template: { spec: { automatedCleaningMode: 'disabled' } } },
  });
  await capm3.clock.advance(1_000);
  expect((await capm3.api.get(metal3Machine, key('worker-1'))).spec.automatedCleaningMode).toBe('disabled');
});
