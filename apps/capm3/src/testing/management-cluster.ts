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
import { clusterApiCrds, testControlPlane } from '@metal3/local-servers';
import {
  bareMetalHost,
  metal3Cluster,
  metal3Machine,
  type BareMetalHost,
  type Metal3Machine,
} from '@metal3/metal3-api';
import { systemClock, systemRandom } from '@metal3/service';
import { eventually } from '@metal3/testing';
import { cluster, machine, type Machine } from '../cluster-api/kinds.ts';
import { capm3Caches, capm3Controllers } from '../controllers.ts';
import { settingsOf } from './settings.ts';
import { kubeconfigWorkloadClusters } from '../workload/clusters.ts';

/** A real API server with Cluster API's kinds, the controllers of capm3, and hands in place of everything else. */
export interface ManagementCluster {
  readonly api: Kubernetes;
  readonly namespace: string;
  /** A Cluster whose Metal3Cluster is ready. */
  makeCluster(name: string): Promise<void>;
  makeHost(name: string): Promise<void>;
  setHostState(name: string, state: string, known?: BareMetalHost['status']): Promise<void>;
  /** A Machine with its Metal3Machine. */
  makeMachine(name: string, spec?: Partial<Metal3Machine['spec']>): Promise<void>;
  hosts(): Promise<readonly BareMetalHost[]>;
  machines(): Promise<readonly Metal3Machine[]>;
  stop(): Promise<void>;
}

/** Waits until an expectation holds; its last failure is the test's. */
export async function soon(expectation: () => Promise<unknown>): Promise<void> {
  const held = async () => {
    await expectation();
    return true;
  };
  await eventually(held, { timeoutMs: 60_000, everyMs: 50 });
}

/**
 * Two instances that both believe they lead: the worst that can happen to a claim.
 *
 * @param flags of capm3's command line, where they are for its controllers
 */
export async function startManagementCluster(...flags: readonly string[]): Promise<ManagementCluster> {
  const now = () => Date.now();
  const plane = await testControlPlane();
  const { namespace } = plane;
  const api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), {
    userAgent: 'capm3-test',
    now,
  });
  for (const crd of await clusterApiCrds()) {
    await api.create(customResourceDefinition, crd as never).catch((error: unknown) => {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    });
  }
  await soon(() => api.list(machine, { limit: 1 }).then(() => api.list(cluster, { limit: 1 })));
  const stopping = new AbortController();
  const instances: Promise<unknown>[] = [];
  for (let instance = 0; instance < 2; instance++) {
    const client = cachedClient(api, { clock: systemClock });
    const controllers = capm3Controllers({
      client,
      caches: capm3Caches(client, [namespace]),
      workload: kubeconfigWorkloadClusters(client, systemClock),
      settings: settingsOf(...flags),
      clock: systemClock,
      log: silentLog,
      random: systemRandom,
    });
    instances.push(client.run(stopping.signal), ...controllers.map((one) => one.run(stopping.signal)));
  }

  const here: ManagementCluster = {
    api,
    namespace,
    async makeCluster(name) {
      const owner = await api.create(cluster, {
        metadata: { namespace, name },
        spec: { infrastructureRef: { apiGroup: metal3Cluster.group, kind: 'Metal3Cluster', name } },
      });
      await api.create(metal3Cluster, {
        metadata: { namespace, name, ownerReferences: [reference(owner)] },
        spec: { controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } },
      });
      const body = { status: { initialization: { infrastructureProvisioned: true } } };
      await api.patchStatus(cluster, { namespace, name }, { type: 'merge', body });
    },
    async makeHost(name) {
      await api.create(bareMetalHost, { metadata: { namespace, name }, spec: { online: false } });
      await here.setHostState(name, 'available');
    },
    async setHostState(name, state, known) {
      const fresh = {
        operationalStatus: 'OK',
        errorMessage: '',
        errorCount: 0,
        provisioningFailCount: 0,
        poweredOn: false,
        provisioning: { state, ID: '' },
      };
      const body = { status: known === undefined ? fresh : { provisioning: { state } } };
      await api.patchStatus(bareMetalHost, { namespace, name }, { type: 'merge', body });
    },
    async makeMachine(name, spec = {}) {
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
        spec: { image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256' }, ...spec },
      });
    },
    hosts: async () => (await api.list(bareMetalHost, { namespace })).items,
    machines: async () => (await api.list(metal3Machine, { namespace })).items,
    async stop() {
      stopping.abort();
      await Promise.all(instances);
      await api.close();
    },
  };
  return here;
}

function reference(owner: KubeObject) {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
}
