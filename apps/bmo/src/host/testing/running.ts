import { cachedClient, controller, eventRecorder } from '@metal3/kube-controller';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost, type BareMetalHost, type BareMetalHostSpec } from '@metal3/metal3-api';
import { systemClock } from '@metal3/service';
import { eventually, silentLog } from '@metal3/testing';
import { Registry } from 'prom-client';
import type { Provisioner } from '../../provisioner/ports.ts';
import { hostCaches, kubernetesHostStore } from '../adapters/kubernetes.ts';
import { secretKind } from '../adapters/secret.ts';
import { hostReconciler } from '../controller.ts';
import { hostMetrics } from '../metrics.ts';
import { hostSources } from '../sources.ts';
import { recheckedBy } from '../../recheck.ts';
import { hostSettings } from './view.ts';

const namespace = 'metal';

/** The whole controller of hosts, running by itself, with an API server in memory and whatever Ironic it is given. */
export interface RunningHosts {
  readonly kubernetes: MemoryKubernetes;
  enrol(name: string, spec?: Partial<BareMetalHostSpec>): Promise<void>;
  edit(name: string, spec: object): Promise<void>;
  /** @param state undefined: gone */
  reaches(name: string, state: string | undefined, timeoutMs?: number): Promise<BareMetalHost | undefined>;
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function runHosts(provisioner: Provisioner): Promise<RunningHosts> {
  const kubernetes = memoryKubernetes();
  const client = cachedClient(kubernetes, { clock: systemClock });
  const caches = hostCaches(client, []);
  const stopped = new AbortController();
  const caching = client.run(stopped.signal);
  const events = eventRecorder({
    client,
    component: 'metal3-baremetal-controller',
    clock: systemClock,
    log: silentLog,
  });
  const hosts = hostReconciler({
    store: kubernetesHostStore(client, caches, events),
    provisioner,
    settings: hostSettings,
    clock: systemClock,
    reachedOverV6: async () => false,
    metrics: hostMetrics(new Registry()),
    random: () => 0,
    backOffUnit: 1,
    provisioningLimit: 20,
    log: silentLog,
  });
  const running = controller({
    name: 'baremetalhost',
    watches: hostSources(caches, provisioner, silentLog),
    reconcile: recheckedBy((key) => hosts.reconcile(key)),
    concurrency: 4,
    clock: systemClock,
    log: silentLog,
  }).run(stopped.signal);

  return {
    kubernetes,
    async enrol(name, spec = {}) {
      const data = { username: 'YWRtaW4=', password: 'c2VjcmV0' };
      await kubernetes.create(secretKind, { metadata: { namespace, name: `${name}-bmc` }, data });
      await kubernetes.create(bareMetalHost, {
        metadata: { namespace, name },
        spec: { online: true, bmc: { address: `fake-hardware://${name}`, credentialsName: `${name}-bmc` }, ...spec },
      });
    },
    edit: async (name, spec) => {
      await kubernetes.patch(bareMetalHost, { namespace, name }, { type: 'merge', body: { spec } });
    },
    reaches: async (name, state, timeoutMs = 60_000) => {
      const found = await eventually(
        async () => {
          const host = await kubernetes.find(bareMetalHost, { namespace, name });
          if (host?.status?.provisioning.state === state) return { host };
          throw new Error(`${name} is "${host?.status?.provisioning.state}" ${host?.status?.errorMessage ?? ''}`);
        },
        { timeoutMs, everyMs: 50 },
      );
      return found.host;
    },
    remove: async (name) => {
      await kubernetes.delete(bareMetalHost, { namespace, name });
    },
    async stop() {
      stopped.abort();
      await Promise.all([caching, running]);
    },
  };
}
