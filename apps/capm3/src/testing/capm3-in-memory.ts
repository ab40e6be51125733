import { silentLog } from '@metal3/kube-client';
import { cachedClient } from '@metal3/kube-controller';
import { type MemoryKubernetes, memoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { capm3Caches, capm3Controllers } from '../controllers.ts';
import type { WorkloadCluster } from '../workload/clusters.ts';
import { settingsOf } from './settings.ts';

/** All of capm3's controllers in this process, an API server in memory, and time that passes when it is told to. */
export interface Capm3InMemory {
  readonly api: MemoryKubernetes;
  readonly clock: FakeClock;
  /** Controllers that have looked at something, in order. */
  readonly passes: readonly string[];
  start(how?: Capm3Start): void;
  stop(): Promise<void>;
}

interface Capm3Start {
  /** Empty for all. */
  readonly namespaces?: readonly string[];
  readonly flags?: readonly string[];
  /** The API of the one workload cluster. */
  readonly workload?: WorkloadCluster;
}

export function capm3InMemory(): Capm3InMemory {
  const clock = fakeClock();
  const api = memoryKubernetes({ now: clock.now });
  const stopping = new AbortController();
  const passes: string[] = [];
  let running: Promise<unknown> = Promise.resolve();
  return {
    api,
    clock,
    passes,
    start({ namespaces = [], flags = [], workload } = {}) {
      const client = cachedClient(api, { clock });
      const controllers = capm3Controllers({
        client,
        caches: capm3Caches(client, namespaces),
        workload: { connect: () => Promise.resolve(workload) },
        settings: settingsOf(...flags),
        metrics: { reconciled: ({ controller }) => void passes.push(controller) },
        clock,
        log: silentLog,
        random: { fraction: () => 0 } as never,
      });
      running = Promise.all([client.run(stopping.signal), ...controllers.map((one) => one.run(stopping.signal))]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
