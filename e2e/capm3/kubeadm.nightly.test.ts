// A whole cluster as people make one: our template, Cluster API's core, bootstrap and control-plane controllers, and hosts for it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { infrastructureProvider, ipamProvider } from '@metal3/clusterctl';
import {
  connectKubernetes,
  type Kubernetes,
  namespace as namespaceKind,
  node,
  readKubeConfig,
  secret,
} from '@metal3/kube-client';
import { applyCrds, type ControlPlane, createAuthority, startControlPlane } from '@metal3/local-servers';
import { metal3Cluster, metal3Machine, metal3MachineTemplate } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { writtenBy } from '../chart-rights.ts';
import { coreProvider, kubeadmProviders } from '../ipam/cluster-api.ts';
import { type Clusterctl, clusterctlWithRepository } from '../ipam/clusterctl-site.ts';
import { type ManagementCluster, startManagementCluster } from '../ipam/management-cluster.ts';
import { type BootingMachines, bootingMachines } from './booting-machines.ts';
import { applyGenerated } from './generated-cluster.ts';
import { type Hosts, obedientHosts } from './hosts.ts';
import { cluster, kubeadmControlPlane, machine } from './objects.ts';

const namespace = 'tenant';
const name = 'green';
const release = 'v0.1.0';
const [before, after] = ['v1.35.3', 'v1.36.1'] as const;
const providers = [infrastructureProvider, ipamProvider];
const imageOf = (version: string) => `http://images.example/node-${version}.raw`;
const reuseLabel = 'infrastructure.cluster.x-k8s.io/node-reuse';
const controlPlaneLabel = 'cluster.x-k8s.io/control-plane';

const cleanUps: (() => Promise<void> | void)[] = [];
let folder = '';
let clusterctl: Clusterctl;
let workload: ControlPlane;
let there: Kubernetes;
let machines: BootingMachines;
/** Where the cluster is managed: first one, then the other. */
let management: ManagementCluster;
let here: Kubernetes;
let hosts: Hosts;

function connect({ kubeconfigPath }: ControlPlane): Kubernetes {
  const config = readKubeConfig(kubeconfigPath, { env: {}, now: Date.now });
  const api = connectKubernetes(config, { userAgent: 'journey', now: Date.now });
  cleanUps.push(() => api.close());
  return api;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-kubeadm-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  workload = await startControlPlane({ enableControllerManager: false });
  cleanUps.push(() => workload.stop());
  there = connect(workload);
  machines = bootingMachines(there, namespace);
  cleanUps.push(() => machines.stop());
  const { hostname, port } = new URL(workload.url);
  const variables = {
    CLUSTER_APIENDPOINT_HOST: hostname,
    CLUSTER_APIENDPOINT_PORT: port,
    IMAGE_URL: imageOf(before),
    IMAGE_CHECKSUM: '0123456789012345678901234567890123456789012345678901234567890123',
    CTLPLANE_KUBEADM_EXTRA_CONFIG: externalEtcd,
  };
  clusterctl = await clusterctlWithRepository([release], providers, variables, [coreProvider, ...kubeadmProviders]);
  cleanUps.push(() => clusterctl.remove());
  await manageFrom('first');
  await here.create(namespaceKind, { metadata: { name: namespace } });
}, 900_000);
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
}, 120_000);

/** Makes a management cluster, with hosts that obey. */
async function manageFrom(place: 'first' | 'second'): Promise<void> {
  const made = await startManagementCluster(clusterctl, release, providers, {
    auditFile: join(folder, `${place}.log`),
  });
  cleanUps.push(() => made.stop());
  management = made;
  await applyCrds(made.plane);
  here = connect(made.plane);
  const obedient = obedientHosts(here, namespace);
  cleanUps.push(() => obedient.stop());
  hosts = obedient;
  machines.follow(here);
}

/** No etcd runs on the machines, whose members Cluster API would ask after by way of kubelets. */
const externalEtcd = JSON.stringify({
  etcd: { external: { endpoints: ['https://192.0.2.4:2379'], caFile: '/ca', certFile: '/cert', keyFile: '/key' } },
}).replace(/^/, 'clusterConfiguration: ');

/** Waits until an expectation holds, or a machine fails to join. */
async function soon(expectation: () => Promise<unknown>): Promise<void> {
  const held = async () => {
    await expectation();
    return true;
  };
  await Promise.race([machines.failed, eventually(held, { timeoutMs: 600_000, everyMs: 500 })]);
}

const machinesOf = async (role: 'control plane' | 'workers') =>
  (await here.list(machine, { namespace })).items.filter(
    ({ metadata }) => (metadata.labels?.[controlPlaneLabel] !== undefined) === (role === 'control plane'),
  );

/** Hosts by the role of the machine that has them. */
async function hostsOf(role: 'control plane' | 'workers'): Promise<readonly string[]> {
  const names = new Set((await machinesOf(role)).map(({ metadata }) => metadata.name));
  const used = (await hosts.list()).filter(({ spec: { consumerRef } }) => names.has(consumerRef?.name));
  return used.map(({ metadata }) => metadata.name ?? '').toSorted();
}

const kubelets = async () =>
  (await there.list(node)).items.map(
    (item) =>
      (item as { readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } } }).status?.nodeInfo
        ?.kubeletVersion,
  );

test('a cluster of our template comes up: three machines of a control plane one after the other, and a worker', async () => {
  for (let at = 0; at < 6; at++) await hosts.make(`host-${at}`);
  await provideSecrets();
  const file = join(folder, 'cluster.yaml');
  await management.clusterctl(
    ...['generate', 'cluster', name, '--infrastructure', `metal3:${release}`, '--target-namespace', namespace],
    ...['--kubernetes-version', before, '--control-plane-machine-count', '3', '--worker-machine-count', '1'],
    ...['--write-to', file],
  );
  await applyGenerated(here, readFileSync(file, 'utf8'), {
    // What the upgrade below needs: nobody has twice as many machines as a control plane.
    KubeadmControlPlane: { spec: { rollout: { strategy: { rollingUpdate: { maxSurge: 0 } } } } },
    Metal3MachineTemplate: { spec: { nodeReuse: true, template: { spec: { automatedCleaningMode: 'disabled' } } } },
  });
  await soon(async () => {
    const { status } = await here.get(kubeadmControlPlane, { namespace, name });
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, initialization: { controlPlaneInitialized: true } });
    expect((await machinesOf('workers')).map(({ status: { phase } = {} }) => phase)).toEqual(['Running']);
    expect(await kubelets()).toEqual([before, before, before, before]);
  });
  const ids = (await here.list(metal3Machine, { namespace })).items.map(({ spec }) => spec.providerID);
  expect((await there.list(node)).items.map(({ spec }) => spec.providerID).toSorted()).toEqual(ids.toSorted());
  for (const { spec } of (await hosts.list()).filter(({ spec: { consumerRef } }) => consumerRef !== undefined)) {
    expect(spec.automatedCleaningMode).toBe('disabled');
  }
}, 900_000);

test('an upgrade of the control plane goes over the same hosts, although others are free', async () => {
  const had = await hostsOf('control plane');
  expect(had).toHaveLength(3);
  const template = await here.get(metal3MachineTemplate, { namespace, name: `${name}-controlplane` });
  const { template: inner } = template.spec;
  await here.create(metal3MachineTemplate, {
    metadata: { namespace, name: `${name}-controlplane-again` },
    spec: {
      ...template.spec,
      template: { ...inner, spec: { ...inner.spec, image: { ...inner.spec.image, url: imageOf(after) } } },
    } as never,
  });
  const machineTemplate = { spec: { infrastructureRef: { name: `${name}-controlplane-again` } } };
  const body = { spec: { version: after, machineTemplate } };
  await here.patch(kubeadmControlPlane, { namespace, name }, { type: 'merge', body });
  await soon(async () => {
    const { status } = await here.get(kubeadmControlPlane, { namespace, name });
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, upToDateReplicas: 3, version: after });
    expect((await kubelets()).toSorted()).toEqual([before, after, after, after]);
  });
  expect(await hostsOf('control plane')).toEqual(had);
  for (const host of had) expect(hosts.images(host)).toEqual([imageOf(before), imageOf(after)]);
  for (const { metadata } of await hosts.list()) expect(metadata.labels ?? {}).not.toHaveProperty([reuseLabel]);
}, 900_000);

test('clusterctl moves it to another management cluster with its hosts, of which none is provisioned again', async () => {
  const nodes = async () => (await there.list(node)).items.map(({ metadata, spec }) => [metadata.uid, spec.providerID]);
  const consumers = async () =>
    Object.fromEntries((await hosts.list()).map(({ metadata, spec }) => [metadata.name, spec.consumerRef?.name]));
  const [from, hostsThere] = [management, hosts];
  const was = { nodes: await nodes(), consumers: await consumers() };
  await manageFrom('second');
  await from.clusterctl('move', '--namespace', namespace, '--to-kubeconfig', management.plane.kubeconfigPath);
  expect(await hostsThere.list()).toEqual([]);
  await soon(async () => {
    const { status } = await here.get(kubeadmControlPlane, { namespace, name });
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, upToDateReplicas: 3 });
    for (const { metadata, spec, status: is } of await hosts.list()) {
      const used = spec.consumerRef !== undefined;
      expect(is?.provisioning.state).toBe(used ? 'provisioned' : 'available');
      expect(metadata.annotations ?? {}).not.toHaveProperty(['baremetalhost.metal3.io/paused']);
      if (used) expect(metadata.annotations).toHaveProperty(['clusterctl.cluster.x-k8s.io/block-move']);
      expect(hosts.images(metadata.name ?? '')).toEqual([]);
    }
  });
  expect({ nodes: await nodes(), consumers: await consumers() }).toEqual(was);
}, 900_000);

test('a deleted cluster gives all hosts back, kept for nobody', async () => {
  await here.delete(cluster, { namespace, name });
  await soon(async () => {
    expect(await here.find(cluster, { namespace, name })).toBeUndefined();
    expect(await here.find(metal3Cluster, { namespace, name })).toBeUndefined();
    expect((await here.list(metal3Machine, { namespace })).items).toEqual([]);
    for (const { metadata, spec } of await hosts.list()) {
      expect(spec.consumerRef ?? spec.image ?? spec.userData ?? spec.metaData).toBeUndefined();
      expect(metadata.labels ?? {}).not.toHaveProperty([reuseLabel]);
    }
  });
}, 900_000);

test.each(['first', 'second'])('in the %s management cluster capm3 asked for nothing that it may not do', (place) => {
  const account = 'system:serviceaccount:capm3-system:capm3-controller-manager';
  const { lines, forbidden } = writtenBy(join(folder, `${place}.log`), account);
  expect(lines.length).toBeGreaterThan(10);
  expect(forbidden).toEqual([]);
});

/** What a person brings along: the way into the cluster, whose API server is there already, and that to its etcd. */
async function provideSecrets(): Promise<void> {
  const authority = await createAuthority('etcd');
  const client = await authority.issueClient('apiserver', []);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secrets = {
    kubeconfig: { value: base64(readFileSync(workload.kubeconfigPath, 'utf8')) },
    etcd: { 'tls.crt': base64(authority.cert) },
    'apiserver-etcd-client': { 'tls.crt': base64(client.cert), 'tls.key': base64(client.key) },
  };
  for (const [purpose, data] of Object.entries(secrets)) {
    const labels = { 'cluster.x-k8s.io/cluster-name': name };
    await here.create(secret, { metadata: { namespace, name: `${name}-${purpose}`, labels }, data });
  }
}
