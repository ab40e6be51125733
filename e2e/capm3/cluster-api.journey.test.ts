import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { infrastructureProvider, ipamProvider } from '@metal3/clusterctl';
import {
  connectKubernetes,
  customResourceDefinition,
  type Kind,
  type Kubernetes,
  type KubeObject,
  namespace as namespaceKind,
  node,
  readKubeConfig,
  secret,
} from '@metal3/kube-client';
import { applyCrds, type ControlPlane, type Manifest, startControlPlane } from '@metal3/local-servers';
import {
  apiVersionOf,
  ipAddress,
  ipPool,
  metal3Cluster,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
  metal3RemediationTemplate,
} from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { parseAllDocuments } from 'yaml';
import { grantedWrites, writtenBy } from '../chart-rights.ts';
import { type Clusterctl, clusterctlWithRepository } from '../ipam/clusterctl-site.ts';
import { type ManagementCluster, startManagementCluster } from '../ipam/management-cluster.ts';
import { type Hosts, obedientHosts } from './hosts.ts';
import {
  cluster,
  infrastructureGroup,
  machine,
  machineDeployment,
  machineHealthCheck,
  type Machine,
} from './objects.ts';

const namespace = 'tenant';
const name = 'blue';
const version = 'v0.1.0';
const clusterLabel = { 'cluster.x-k8s.io/cluster-name': name };

/** What people have to say for a cluster of the template. */
const templateVariables = {
  CLUSTER_APIENDPOINT_HOST: '192.0.2.1',
  IMAGE_URL: 'http://images.example/os.raw',
  IMAGE_CHECKSUM: '0123456789012345678901234567890123456789012345678901234567890123',
};

/** What people have in the Deployment of upstream's manager. */
const upstreamFlags = [
  ...['--leader-elect', '--leader-elect-lease-duration=15s', '--leader-elect-renew-deadline=10s'],
  ...['--leader-elect-retry-period=2s', '--namespace=', '--watch-filter=', '--sync-period=1m', '-v=0'],
  ...['--kube-api-qps=50', '--kube-api-burst=100', '--clustercache-client-qps=20', '--clustercache-client-burst=30'],
  ...['--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
  ...['--metal3machine-concurrency=2', '--metal3cluster-concurrency=2', '--metal3data-concurrency=2'],
  ...['--metal3datatemplate-concurrency=2', '--metal3remediation-concurrency=2', '--metal3labelsync-concurrency=2'],
  ...['--metal3machinetemplate-concurrency=2', '--skip-crd-migration-phases=StorageVersionMigration'],
  ...['--enable-bmh-name-based-preallocation=false', '--logging-format=json', '--metrics-bind-addr=127.0.0.1:0'],
];

let folder = '';
let clusterctl: Clusterctl;
let management: ManagementCluster;
let workload: ControlPlane;
let hosts: Hosts;
let here: Kubernetes;
let there: Kubernetes;

const connect = ({ kubeconfigPath }: ControlPlane): Kubernetes =>
  connectKubernetes(readKubeConfig(kubeconfigPath, { env: {}, now: Date.now }), {
    userAgent: 'journey',
    now: Date.now,
  });

beforeAll(async () => {
  const providers = [infrastructureProvider, ipamProvider];
  folder = mkdtempSync(join(tmpdir(), 'metal3-capm3-journey-'));
  clusterctl = await clusterctlWithRepository([version], providers, templateVariables);
  management = await startManagementCluster(clusterctl, version, providers, {
    flags: { capm3: upstreamFlags },
    auditFile: join(folder, 'audit.log'),
  });
  workload = await startControlPlane({ enableControllerManager: false });
  // Those of bmo, which clusterctl does not install.
  await applyCrds(management.plane);
  here = connect(management.plane);
  there = connect(workload);
  await here.create(namespaceKind, { metadata: { name: namespace } });
  hosts = obedientHosts(here, namespace);
}, 600_000);
afterAll(async () => {
  await hosts?.stop();
  await here?.close();
  await there?.close();
  await management?.stop();
  await workload?.stop();
  clusterctl?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until an expectation holds. */
async function soon(expectation: () => Promise<unknown>, timeoutMs = 120_000): Promise<void> {
  const held = async () => {
    await expectation();
    return true;
  };
  await eventually(held, { timeoutMs, everyMs: 200 });
}

const phaseOf = async (machineName: string) =>
  (await here.find(machine, { namespace, name: machineName }))?.status?.phase;
const machinesOf = async () => (await here.list(machine, { namespace })).items;

test('clusterctl knows the infrastructure provider that it has installed', async () => {
  const providers: Kind<KubeObject> = {
    group: 'clusterctl.cluster.x-k8s.io',
    version: 'v1alpha3',
    kind: 'Provider',
    plural: 'providers',
    namespaced: true,
  };
  const { items } = await here.list(providers, { namespace: 'capm3-system' });
  expect(items).toMatchObject([{ providerName: 'metal3', type: 'InfrastructureProvider', version }]);
});

test('clusterctl generates a cluster of the template that comes with the provider, and the API server would take it', async () => {
  const file = join(clusterctl.folder, 'green.yaml');
  await management.clusterctl(
    ...['generate', 'cluster', 'green', '--infrastructure', `metal3:${version}`, '--target-namespace', namespace],
    ...['--kubernetes-version', 'v1.34.0', '--control-plane-machine-count', '3', '--worker-machine-count', '2'],
    ...['--write-to', file],
  );
  const objects = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubeObject);
  const served = [cluster, metal3Cluster, machineDeployment, metal3MachineTemplate, metal3DataTemplate] as Kind[];
  const taken: string[] = [];
  for (const object of objects) {
    const kind = served.find((one) => one.kind === object.kind);
    if (kind === undefined) continue;
    await here.create(kind, object as never, { dryRun: true });
    taken.push(`${object.kind} ${object.metadata.name}`);
  }
  expect(taken.toSorted()).toEqual([
    'Cluster green',
    'MachineDeployment green',
    'Metal3Cluster green',
    'Metal3DataTemplate green-controlplane',
    'Metal3DataTemplate green-workers',
    'Metal3MachineTemplate green-controlplane',
    'Metal3MachineTemplate green-workers',
  ]);
  // The kubeadm providers' kinds are not installed here.
  const nodeRegistration = {
    kubeletExtraArgs: [{ name: 'node-labels', value: 'metal3.io/uuid={{ ds.meta_data.uuid }}' }],
  };
  expect(objects).toContainEqual(
    expect.objectContaining({
      kind: 'KubeadmControlPlane',
      spec: expect.objectContaining({ replicas: 3, version: 'v1.34.0' }),
    }),
  );
  expect(objects.find(({ kind }) => kind === 'KubeadmConfigTemplate')).toMatchObject({
    spec: { template: { spec: { joinConfiguration: { nodeRegistration } } } },
  });
});

test('a Cluster takes over that its infrastructure is ready, and where it answers', async () => {
  const { hostname, port } = new URL(workload.url);
  await here.create(secret, {
    metadata: { namespace, name: `${name}-kubeconfig`, labels: clusterLabel },
    type: 'cluster.x-k8s.io/secret',
    data: { value: readFileSync(workload.kubeconfigPath).toString('base64') },
  });
  await here.create(metal3Cluster, {
    metadata: { namespace, name },
    spec: { controlPlaneEndpoint: { host: hostname, port: Number(port) } },
  });
  await here.create(cluster, {
    metadata: { namespace, name },
    spec: { infrastructureRef: { apiGroup: infrastructureGroup, kind: 'Metal3Cluster', name } },
  });
  await soon(async () => {
    const { spec, status } = await here.get(cluster, { namespace, name });
    expect(status).toMatchObject({ phase: 'Provisioned', initialization: { infrastructureProvisioned: true } });
    expect(spec).toMatchObject({ controlPlaneEndpoint: { host: hostname, port: Number(port) } });
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'InfrastructureReady', status: 'True' }));
  });
});

test('a bootstrapped Machine runs once its Node has joined, which is told whose it is', async () => {
  await applyBootstrapKind();
  await hosts.make('host-0');
  await makeBootstrapped('first');
  await soon(async () => {
    const [host] = await hosts.list();
    expect(host?.spec.consumerRef).toMatchObject({ kind: 'Metal3Machine', name: 'first' });
    expect(host?.status?.provisioning.state).toBe('provisioned');
  });
  // Provisioned is only what has a Node: until then nobody can know that the id is right.
  await soon(async () => expect(await phaseOf('first')).toBe('Provisioning'));

  const [host] = await hosts.list();
  await there.create(node, {
    metadata: { name: 'node-0', labels: { 'metal3.io/uuid': host?.metadata.uid ?? '' } },
    spec: {},
  });
  const providerID = `metal3://${namespace}/host-0/first`;
  await soon(async () => {
    expect((await there.get(node, { name: 'node-0' })).spec.providerID).toBe(providerID);
    const { spec, status } = await here.get(machine, { namespace, name: 'first' });
    expect(spec).toMatchObject({ providerID });
    expect(status).toMatchObject({ phase: 'Running', nodeRef: { name: 'node-0' } });
  });
}, 300_000);

test('a Machine whose Node fails has its host rebooted once, as its MachineHealthCheck asks', async () => {
  await here.create(metal3RemediationTemplate, {
    metadata: { namespace, name: 'reboot' },
    spec: { template: { spec: { strategy: { type: 'Reboot', retryLimit: 1, timeoutSeconds: 600 } } } },
  });
  await here.create(machineHealthCheck, {
    metadata: { namespace, name: 'nodes' },
    spec: {
      clusterName: name,
      selector: { matchLabels: clusterLabel },
      checks: { unhealthyNodeConditions: [{ type: 'Ready', status: 'False', timeoutSeconds: 1 }] },
      remediation: {
        templateRef: {
          apiVersion: apiVersionOf(metal3RemediationTemplate),
          kind: 'Metal3RemediationTemplate',
          name: 'reboot',
        },
      },
    },
  });
  const before = await here.get(machine, { namespace, name: 'first' });
  await nodeSays('False');
  await soon(async () => {
    const remediation = await here.get(metal3Remediation, { namespace, name: 'first' });
    expect(remediation.status?.phase).toBe('Waiting');
    const [host] = await hosts.list();
    expect(host?.status?.poweredOn).toBe(true);
    expect(Object.keys(host?.metadata.annotations ?? {}).filter((key) => key.startsWith('reboot.'))).toEqual([]);
    // What ran on the Node may run on it again.
    const { taints = [] } = (await there.get(node, { name: 'node-0' })).spec;
    expect(taints.map(({ key }) => key)).not.toContain('node.kubernetes.io/out-of-service');
  });
  await nodeSays('True');
  await soon(async () => expect(await here.find(metal3Remediation, { namespace, name: 'first' })).toBeUndefined());
  expect(hosts.restarts('host-0')).toBe(1);
  expect((await here.get(machine, { namespace, name: 'first' })).metadata.uid).toBe(before.metadata.uid);
  await here.delete(machineHealthCheck, { namespace, name: 'nodes' });
}, 300_000);

test('the machines of a MachineDeployment get hosts, addresses and data of their own', async () => {
  await here.create(ipPool, {
    metadata: { namespace, name: 'pool' },
    spec: { namePrefix: name, clusterName: name, pools: [{ start: '192.0.2.10', end: '192.0.2.99', prefix: 24 }] },
  });
  await here.create(metal3DataTemplate, {
    metadata: { namespace, name: 'workers' },
    spec: {
      metaData: {
        ipAddressesFromPool: [{ key: 'ip', name: 'pool' }],
        indexes: [{ key: 'name', prefix: 'worker-', step: 1 }],
      },
    },
  });
  await here.create(metal3MachineTemplate, {
    metadata: { namespace, name: 'workers' },
    spec: {
      template: {
        spec: {
          image: { url: 'http://images.example/os.raw', checksum: 'abc', checksumType: 'sha256' },
          dataTemplate: { name: 'workers' },
        },
      },
    },
  });
  for (const host of ['host-1', 'host-2', 'host-3']) await hosts.make(host);
  await here.create(secret, { metadata: { namespace, name: 'user-data' }, data: { value: '' } });
  const labels = { ...clusterLabel, set: 'workers' };
  await here.create(machineDeployment, {
    metadata: { namespace, name: 'workers' },
    spec: {
      clusterName: name,
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          clusterName: name,
          bootstrap: { dataSecretName: 'user-data' },
          infrastructureRef: { apiGroup: infrastructureGroup, kind: 'Metal3MachineTemplate', name: 'workers' },
        },
      },
    },
  });
  await soon(async () => {
    const workers = (await machinesOf()).filter(({ metadata }) => metadata.labels?.['set'] === 'workers');
    expect(workers.map(({ status }) => status?.phase)).toEqual(['Provisioned', 'Provisioned']);
  });
  const rendered = await Promise.all(
    (await here.list(metal3Machine, { namespace })).items
      .filter(({ spec }) => spec.dataTemplate !== undefined)
      .map(async ({ status }) => {
        const { data } = await here.get(secret, { namespace, name: status?.metaData?.name ?? '' });
        return Buffer.from(data?.['metaData'] ?? '', 'base64').toString();
      }),
  );
  expect(rendered.map((text) => /name: (\S+)/.exec(text)?.[1]).sort()).toEqual(['worker-0', 'worker-1']);
  const addresses = rendered.map((text) => /ip: (\S+)/.exec(text)?.[1]);
  expect(new Set(addresses).size).toBe(2);
}, 300_000);

test('scaled down, the set gives a host and its address back', async () => {
  const before = (await here.list(ipAddress, { namespace })).items.length;
  const body = { spec: { replicas: 1 } };
  await here.patch(machineDeployment, { namespace, name: 'workers' }, { type: 'merge', body });
  await soon(async () => {
    expect((await machinesOf()).filter(({ metadata }) => metadata.labels?.['set'] === 'workers')).toHaveLength(1);
    const free = (await hosts.list()).filter(({ spec }) => spec.consumerRef === undefined);
    expect(free).toHaveLength(2);
    for (const { spec } of free) expect(spec.image ?? spec.metaData ?? spec.userData).toBeUndefined();
    expect((await here.list(ipAddress, { namespace })).items).toHaveLength(before - 1);
  });
}, 300_000);

test('where a template asks for it, the machine that replaces another one gets the same host, although others are free', async () => {
  const spec = (await here.get(metal3MachineTemplate, { namespace, name: 'workers' })).spec;
  const body = { spec: { nodeReuse: true } };
  await here.patch(metal3MachineTemplate, { namespace, name: 'workers' }, { type: 'merge', body });
  await here.create(metal3MachineTemplate, {
    metadata: { namespace, name: 'workers-again' },
    spec: { ...spec, nodeReuse: true },
  });
  const hostOfWorker = async () => {
    const workers = (await machinesOf()).filter(({ metadata }) => metadata.labels?.['set'] === 'workers');
    expect(workers.map(({ status }) => status?.phase)).toEqual(['Provisioned']);
    const [worker] = workers;
    const host = (await hosts.list()).find(({ spec: { consumerRef } }) => consumerRef?.name === worker?.metadata.name);
    return { worker: worker?.metadata.name, host: host?.metadata.name, labels: host?.metadata.labels ?? {} };
  };
  const before = await hostOfWorker();
  expect(before.host).toMatch(/^host-[123]$/);
  await here.patch(
    machineDeployment,
    { namespace, name: 'workers' },
    {
      type: 'merge',
      body: {
        spec: {
          rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
          template: { spec: { infrastructureRef: { name: 'workers-again' } } },
        },
      },
    },
  );
  await soon(async () => {
    const after = await hostOfWorker();
    expect(after.worker).not.toBe(before.worker);
    expect(after.host).toBe(before.host);
    expect(after.labels).not.toHaveProperty(['infrastructure.cluster.x-k8s.io/node-reuse']);
    expect((await hosts.list()).filter(({ spec: { consumerRef } }) => consumerRef === undefined)).toHaveLength(2);
  });
}, 300_000);

test('a deleted Cluster takes everything along but the hosts', async () => {
  await here.delete(cluster, { namespace, name });
  await soon(async () => {
    expect(await here.find(cluster, { namespace, name })).toBeUndefined();
    expect(await machinesOf()).toEqual([]);
    expect((await here.list(metal3Machine, { namespace })).items).toEqual([]);
    expect(await here.find(metal3Cluster, { namespace, name })).toBeUndefined();
    for (const { spec } of await hosts.list()) {
      expect(spec.consumerRef).toBeUndefined();
      expect(spec.image).toBeUndefined();
    }
  });
}, 300_000);

describe("the account of capm3's provider", () => {
  const written = () =>
    writtenBy(join(folder, 'audit.log'), 'system:serviceaccount:capm3-system:capm3-controller-manager');

  test('suffices: nothing that capm3 wrote was forbidden, and nothing that it read', () => {
    expect(written().lines.length).toBeGreaterThan(30);
    expect(written().forbidden).toEqual([]);
    expect(management.log('capm3')).not.toMatch(/orbidden/);
  });

  test('may write nothing that capm3 does not write', async () => {
    const components = join(clusterctl.folder, 'repository', infrastructureProvider.label, version);
    const manifests = parseAllDocuments(
      readFileSync(join(components, infrastructureProvider.componentsFile), 'utf8'),
    ).map((document) => document.toJS() as Manifest);
    const elsewhere = [
      // Pools of other providers than Metal3's.
      ...['create', 'patch', 'delete'].map((verb) => `${verb} ipaddressclaims.ipam.cluster.x-k8s.io`),
      // A machine whose remediation has failed is its owner's to replace.
      'patch machines/status.cluster.x-k8s.io',
      // Nothing here was stored in an older version.
      'patch customresourcedefinitions/status.apiextensions.k8s.io',
      ...['cluster', 'machine', 'remediation'].map(
        (kind) => `patch metal3${kind}templates.infrastructure.cluster.x-k8s.io`,
      ),
      // Nobody reads the diagnostics here.
      'create tokenreviews.authentication.k8s.io',
      'create subjectaccessreviews.authorization.k8s.io',
    ];
    // Never a request of its own: what the API server asks of those who name an owner.
    const granted = grantedWrites(manifests, /^(capm3-system-)?capm3-controller-manager$/);
    const idle = new Set(granted.filter((right) => !elsewhere.includes(right) && !right.includes('/finalizers.')));
    expect(idle.size).toBeGreaterThan(15);
    await soon(async () => {
      for (const right of written().rights) idle.delete(right);
      expect([...idle]).toEqual([]);
    }, 30_000);
  });
});

/** What the kubelet of the first machine's Node would say. */
async function nodeSays(ready: 'True' | 'False'): Promise<void> {
  const at = new Date().toISOString();
  const conditions = [
    { type: 'Ready', status: ready, reason: 'Journey', lastHeartbeatTime: at, lastTransitionTime: at },
  ];
  await there.patchStatus(node, { name: 'node-0' }, { type: 'merge', body: { status: { conditions } } });
}

const bootstrapConfig: Kind<KubeObject> = {
  group: 'bootstrap.cluster.x-k8s.io',
  version: 'v1beta2',
  kind: 'JourneyConfig',
  plural: 'journeyconfigs',
  namespaced: true,
};

/** A bootstrap provider's kind; what its controller would do, we do by hand. */
async function applyBootstrapKind(): Promise<void> {
  const { group, version: served, kind, plural } = bootstrapConfig;
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await here.create(customResourceDefinition, {
    metadata: { name: `${plural}.${group}`, labels: { 'cluster.x-k8s.io/v1beta2': served } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: served,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } } },
        },
      ],
    },
  } as never);
}

/** Of the control plane, without whose Node no MachineHealthCheck looks at any. */
async function makeBootstrapped(machineName: string): Promise<void> {
  const key = { namespace, name: machineName };
  await here.create(secret, { metadata: { namespace, name: `${machineName}-data` }, data: { value: '' } });
  await soon(() => here.create(bootstrapConfig, { metadata: key } as never));
  await here.create(metal3Machine, {
    metadata: key,
    spec: { image: { url: 'http://images.example/os.raw', checksum: 'abc', checksumType: 'sha256' } },
  });
  await here.create(machine, {
    metadata: { ...key, labels: { ...clusterLabel, 'cluster.x-k8s.io/control-plane': '' } },
    spec: {
      clusterName: name,
      bootstrap: { configRef: { apiGroup: bootstrapConfig.group, kind: bootstrapConfig.kind, name: machineName } },
      infrastructureRef: { apiGroup: infrastructureGroup, kind: 'Metal3Machine', name: machineName },
    },
  } as object as Machine);
  const status = { dataSecretName: `${machineName}-data`, initialization: { dataSecretCreated: true } };
  await here.patchStatus(bootstrapConfig, key, { type: 'merge', body: { status } });
}
