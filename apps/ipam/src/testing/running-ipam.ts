import { silentLog } from '@metal3/kube-client';
import { cachedClient, eventRecorder } from '@metal3/kube-controller';
import type { MemoryKubernetes } from '@metal3/kube-testing';
import type { FakeClock } from '@metal3/testing';
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
  readonly server: MemoryKubernetes;
  readonly clock: FakeClock;
  /** undefined: not installed. */
  readonly clusterApi?: ClusterApiVersion | undefined;
  readonly lot?: () => number;
}

/** All of ipam but its edges, on an API server in memory and a clock that stands still. */
export function runIpam({ server, clock, clusterApi, lot = () => 0 }: RunOptions): RunningIpam {
  const stop = new AbortController();
  const client = cachedClient(server, { clock });
  const caches = ipamCaches(client, { namespace: undefined, watchFilter: '' });
  const { books, controllers } = ipamControllers({
    client,
    caches,
    events: eventRecorder({ client, component: 'ipam', clock, log: silentLog }),
    clock,
    log: silentLog,
    lot,
    settings: { selective: false, claimConcurrency: 4, poolConcurrency: 2, syncPeriod: 600_000 },
  });
  const install = (version: ClusterApiVersion | undefined): void => {
    for (const cache of Object.values(caches.clusterApi)) cache.found(version);
  };
  install(clusterApi);
  const stopped = Promise.all([client.run(stop.signal), ...controllers.map((one) => one.run(stop.signal))]);
  return { books, stopped, stop: () => stop.abort(), installClusterApi: install };
}
