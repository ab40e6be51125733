import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  customResourceDefinition,
  isKubeError,
  readKubeConfig,
  silentLog,
  type KubeClient,
  type KubeObject,
  type Kubernetes,
} from '@metal3/kube-client';
import { cachedClient } from '@metal3/kube-controller';
import { clusterApiCrds, freePort, testControlPlane, type TestControlPlane } from '@metal3/local-servers';
import { bareMetalHost, metal3Cluster, metal3Machine, type BareMetalHost } from '@metal3/metal3-api';
import { loadConfig, systemClock, systemRandom } from '@metal3/service';
import { testService } from '@metal3/testing';
import { cluster, machine, type Machine } from './cluster-api/kinds.ts';
import { conversionParts } from './conversion/parts.ts';
import { capm3Config } from './config.ts';
import { capm3Caches, capm3Controllers } from './controllers.ts';

const now = () => Date.now();
let plane: TestControlPlane;
let api: Kubernetes;
const stopping = new AbortController();
const instances: Promise<unknown>[] = [];

beforeAll(async () => {
  plane = await testControlPlane();
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'capm3-test', now });
  for (const crd of await clusterApiCrds()) {
    await api.create(customResourceDefinition, crd as never).catch((error: unknown) => {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    });
  }
  await eventually(() => api.list(machine, { limit: 1 }).then(() => api.list(cluster, { limit: 1 })));
  // Two instances that both believe they lead: the worst that can happen to a claim.
  for (let instance = 0; instance < 2; instance++) {
    const client = cachedClient(api, { clock: systemClock });
    const caches = capm3Caches(client, [plane.namespace]);
    const controllers = capm3Controllers({
      client,
      caches,
      concurrency: 4,
      fastTrack: false,
      clock: systemClock,
      log: silentLog,
      random: systemRandom,
    });
    instances.push(client.run(stopping.signal), ...controllers.map((one) => one.run(stopping.signal)));
  }
});

afterAll(async () => {
  stopping.abort();
  await Promise.all(instances);
  await api.close();
});

test('a Metal3Cluster becomes ready once a Cluster owns it', async () => {
  const { namespace } = plane;
  const owner = await api.create(cluster, {
    metadata: { namespace, name: 'blue' },
    spec: { infrastructureRef: { apiGroup: metal3Cluster.group, kind: 'Metal3Cluster', name: 'blue' } },
  });
  await api.create(metal3Cluster, {
    metadata: { namespace, name: 'blue', ownerReferences: [reference(owner)] },
    spec: { controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } },
  });
  await eventually(async () => {
    const { status, metadata } = await api.get(metal3Cluster, { namespace, name: 'blue' });
    expect(status?.initialization).toEqual({ provisioned: true });
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    expect(metadata.finalizers).toEqual(['metal3cluster.infrastructure.cluster.x-k8s.io']);
  });
  await api.patchStatus(
    cluster,
    { namespace, name: 'blue' },
    {
      type: 'merge',
      body: { status: { initialization: { infrastructureProvisioned: true } } },
    },
  );
});

test('of five machines and three hosts, three machines get a host each and two wait, saying why', async () => {
  for (const name of ['h1', 'h2', 'h3']) await makeHost(name);
  await Promise.all(['m1', 'm2', 'm3', 'm4', 'm5'].map(makeMachine));
  await eventually(async () => {
    const consumers = (await hosts()).map((host) => host.spec.consumerRef?.name);
    expect(consumers.filter((name) => name !== undefined)).toHaveLength(3);
    expect(new Set(consumers).size).toBe(3);
    const waiting = (await machines()).filter(
      ({ metadata }) => metadata.annotations?.['metal3.io/BareMetalHost'] === undefined,
    );
    expect(waiting).toHaveLength(2);
    for (const { status } of waiting) {
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({
          type: 'AssociateBareMetalHost',
          status: 'False',
          message: expect.stringContaining('3 in use'),
        }),
      );
    }
  });
  const [host] = await hosts();
  expect(host?.spec).toMatchObject({
    online: true,
    image: { url: 'http://images/os.raw' },
    userData: { name: expect.stringMatching(/^m\d-bootstrap$/) },
  });
});

test('a machine whose host is provisioned has its provider id', async () => {
  for (const { metadata, status } of await hosts()) {
    await setState(metadata.name ?? '', 'provisioned', status);
  }
  await eventually(async () => {
    const provisioned = (await machines()).filter(({ status }) => status?.initialization?.provisioned === true);
    expect(provisioned).toHaveLength(3);
    for (const { metadata, spec } of provisioned) {
      const host = metadata.annotations?.['metal3.io/BareMetalHost']?.split('/')[1];
      expect(spec.providerID).toBe(`metal3://${plane.namespace}/${host}/${metadata.name}`);
    }
  });
});

test('a deleted machine clears its host, waits until it is clean, lets it go, and the next machine takes it', async () => {
  const { namespace } = plane;
  const [taken] = (await machines()).filter(({ status }) => status?.initialization?.provisioned === true);
  const name = taken?.metadata.name ?? '';
  const hostName = taken?.metadata.annotations?.['metal3.io/BareMetalHost']?.split('/')[1] ?? '';
  await api.delete(metal3Machine, { namespace, name });
  await eventually(async () => {
    const { spec } = await api.get(bareMetalHost, { namespace, name: hostName });
    expect(spec.image).toBeUndefined();
    expect(spec.online).toBe(false);
    expect(spec.consumerRef?.name).toBe(name);
  });
  await setState(hostName, 'available');
  await eventually(async () => {
    expect(await api.find(metal3Machine, { namespace, name })).toBeUndefined();
    const { spec } = await api.get(bareMetalHost, { namespace, name: hostName });
    expect(spec.consumerRef?.name).toMatch(/^m\d$/);
    expect(spec.consumerRef?.name).not.toBe(name);
  });
});

test('an object written in the old version is read in the new one, and back, without loss', async () => {
  const { namespace } = plane;
  const service = testService('capm3');
  const port = await freePort();
  const argv = [
    'node',
    'capm3',
    `--webhook-port=${port}`,
    '--webhook-register',
    `--leader-election-namespace=${namespace}`,
  ];
  const config = loadConfig(capm3Config, {}, argv);
  const parts = conversionParts(config, api, service);
  const serving = new AbortController();
  for (const part of parts) await part.start(serving.signal, service);
  const old = { ...metal3Machine, version: 'v1beta1' };
  const spec = { image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256', format: 'raw' } };
  // The API server takes a moment to notice that a CRD is converted by a webhook.
  await eventually(async () => {
    const made = await api.create(old, { metadata: { namespace, generateName: 'old-' }, spec } as never);
    const key = { namespace, name: made.metadata.name ?? '' };
    expect((await api.get(metal3Machine, key)).spec.image).toEqual({
      url: 'http://images/os.raw',
      checksum: 'abc',
      checksumType: 'sha256',
      diskFormat: 'raw',
    });
    expect((await api.get(old, key)).spec.image).toEqual(spec.image);
  });
  serving.abort();
  for (const part of parts.toReversed()) await part.stop();
}, 60_000);

const hosts = async () => (await api.list(bareMetalHost, { namespace: plane.namespace })).items;
const machines = async () => (await api.list(metal3Machine, { namespace: plane.namespace })).items;

function reference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
  };
}

async function makeHost(name: string): Promise<void> {
  await api.create(bareMetalHost, { metadata: { namespace: plane.namespace, name }, spec: { online: false } });
  await setState(name, 'available');
}

async function setState(name: string, state: string, known?: BareMetalHost['status']): Promise<void> {
  const body = {
    status:
      known !== undefined
        ? { provisioning: { state } }
        : {
            operationalStatus: 'OK',
            errorMessage: '',
            errorCount: 0,
            provisioningFailCount: 0,
            poweredOn: false,
            provisioning: { state, ID: '' },
          },
  };
  await api.patchStatus(bareMetalHost, { namespace: plane.namespace, name }, { type: 'merge', body });
}

async function makeMachine(name: string): Promise<void> {
  const { namespace } = plane;
  const labels = { 'cluster.x-k8s.io/cluster-name': 'blue' };
  const owner: Machine = await (api as KubeClient).create(machine, {
    metadata: { namespace, name, labels },
    spec: {
      clusterName: 'blue',
      bootstrap: { dataSecretName: `${name}-bootstrap` },
      infrastructureRef: { apiGroup: metal3Machine.group, kind: 'Metal3Machine', name },
    } as Machine['spec'],
  });
  await api.create(metal3Machine, {
    metadata: { namespace, name, labels, ownerReferences: [reference(owner)] },
    spec: { image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256' } },
  });
}

/** Tries until the expectation holds; the last failure is the test's. */
async function eventually(attempt: () => Promise<unknown>, withinMs = 15_000): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
