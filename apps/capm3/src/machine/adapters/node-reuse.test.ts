import { beforeEach, expect, test } from '@jest/globals';
import { KubeError, type Kind, type KubeObject } from '@metal3/kube-client';
import { type MemoryKubernetes, memoryKubernetes } from '@metal3/kube-testing';
import { metal3MachineTemplate } from '@metal3/metal3-api';
import { aMachine, aMetal3Machine } from '../testing.ts';
import { kubernetesReuseBook } from './node-reuse.ts';

const namespace = 'metal3';
const kindOf = (group: string, kind: string): Kind<KubeObject & { spec?: object }> => ({
  group,
  version: 'v1beta2',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: true,
});
const machineSet = kindOf('cluster.x-k8s.io', 'MachineSet');
const controlPlane = kindOf('controlplane.cluster.x-k8s.io', 'KubeadmControlPlane');
const reference = (kind: Kind, name: string, uid: string) => ({
  apiVersion: `${kind.group}/${kind.version}`,
  kind: kind.kind,
  name,
  uid,
});
const ownedBy = (owner: ReturnType<typeof reference>) => {
  const machine = aMachine();
  return { ...machine, metadata: { ...machine.metadata, ownerReferences: [owner] } };
};
const clonedFrom = (name: string) =>
  aMetal3Machine({ metadata: { name: 'm', namespace, annotations: { 'cluster.x-k8s.io/cloned-from-name': name } } });

let server: MemoryKubernetes;
beforeEach(async () => {
  server = memoryKubernetes();
  for (const [name, nodeReuse] of Object.entries({ kept: true, free: false })) {
    await server.create(metal3MachineTemplate, {
      metadata: { namespace, name },
      spec: { nodeReuse, template: { spec: {} } },
    });
  }
});

test('a machine of a set belongs to the deployment that owns the set, if it is still that set', async () => {
  const made = await server.create(machineSet, {
    metadata: {
      namespace,
      name: 'workers-abc',
      ownerReferences: [reference(kindOf('cluster.x-k8s.io', 'MachineDeployment'), 'workers', 'u')],
    },
  });
  const book = kubernetesReuseBook(server);
  const uid = made.metadata.uid ?? '';
  expect(await book.keyOf(ownedBy(reference(machineSet, 'workers-abc', uid)))).toBe('md-workers');
  expect(await book.keyOf(ownedBy(reference(machineSet, 'workers-abc', 'another')))).toBeUndefined();
  expect(await book.keyOf(ownedBy(reference(machineSet, 'gone', uid)))).toBeUndefined();
});

test('the template that a worker was made of says whether its host is kept', async () => {
  const book = kubernetesReuseBook(server);
  const wanted = ['kept', 'free', 'gone'].map((name) => book.isWanted(clonedFrom(name), aMachine()));
  expect(await Promise.all(wanted)).toEqual([true, false, false]);
  expect(await book.isWanted(aMetal3Machine(), aMachine())).toBe(false);
});

test.each([
  ['', { spec: { infrastructureRef: { name: 'kept' } } }],
  [', of the older contract too', { infrastructureRef: { name: 'kept' } }],
])('for a control plane its present template says so%s', async (_which, machineTemplate) => {
  await server.create(controlPlane, { metadata: { namespace, name: 'blue' }, spec: { machineTemplate } });
  const machine = ownedBy(reference(controlPlane, 'blue', 'u'));
  expect(await kubernetesReuseBook(server).isWanted(clonedFrom('free'), machine)).toBe(true);
});

test('for a control plane that may not be read the template of the machine has to do', async () => {
  server.failNext('find', controlPlane, new KubeError('Forbidden', 'no'));
  const machine = ownedBy(reference(controlPlane, 'blue', 'u'));
  expect(await kubernetesReuseBook(server).isWanted(clonedFrom('kept'), machine)).toBe(true);
});
