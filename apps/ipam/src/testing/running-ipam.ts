import { type KubeClient, silentLog } from '@metal3/kube-client';
import { cachedClient, eventRecorder } from '@metal3/kube-controller';
import type { Clock } from '@metal3/service';
import { ipamCaches } from '../caches.ts';
import type { ClusterApiVersion } from '../cluster-api/kinds.ts';
import { type Ipam, ipamControllers } from '../controllers.ts';

export interface RunningIpam {
  readonly books: Ipam['books'];
  readonly stopped: Promise<unknown>;
  stop(): void;
  /** Cluster API's kinds are installed from now on. */
  installClusterApi(version: ClusterApiVersion): void;
}

export interface RunOptions {
  readonly server: KubeClient;
  readonly clock: Clock;
  /** All if left out. */
  readonly namespaces?: readonly string[];
  /** undefined: not installed. */
  readonly clusterApi?: ClusterApiVersion | undefined;
  readonly lot?: () => number;
}

/** All of ipam but its edges, in this process. */
export function runIpam({ server, clock, namespaces = [], clusterApi, lot = () => 0 }: RunOptions): RunningIpam {
  const stop = new AbortController();
  const client = cachedClient(server, { clock });
  const caches = ipamCaches(client, { namespaces, watchFilter: '' });
  const events = eventRecorder({ client, component: 'ipam', clock, log: silentLog });
  const { books, controllers } = ipamControllers({
    client,
    caches,
    events,
    clock,
    log: silentLog,
    lot,
    settings: { selective: false, claimConcurrency: 4, poolConcurrency: 2, syncPeriod: 600_000 },
  });
  const install = (version: ClusterApiVersion | undefined): void => {
    for (const cache of Object.values(caches.clusterApi)) cache.found(version);
  };
  install(clusterApi);
  const running = Promise.all([client.run(stop.signal), ...controllers.map((one) => one.run(stop.signal))]);
  const stopped = running.then(() => events.flush());
  return { books, stopped, stop: () => stop.abort(), installClusterApi: install };
}
