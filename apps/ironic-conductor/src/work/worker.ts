import { type HintQueue, type HintWorker, nodeLanes, type NodeLanes, startSweep, type Sweep } from '@metal3/jobs';
import { isStoreError, type NodeStore } from '@metal3/node-store';
import { type Clock, describeError, type Logger, type Part, type Random } from '@metal3/service';
import { runSegment, type SegmentPorts } from './segment.ts';

export interface WorkerOptions {
  readonly segments: SegmentPorts;
  readonly store: Pick<NodeStore, 'work'>;
  readonly hints: HintQueue | undefined;
  /** Name in reservations. */
  readonly owner: string;
  readonly groups: readonly string[];
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly sweepMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Worker extends Part {
  /** Looks at a node now, if something is due for it. */
  offer(nodeUuid: string): Promise<void>;
}

/** Works on the nodes of its groups: told by hints, and by looking into the store for what no hint told of. */
export function worker(options: WorkerOptions): Worker {
  const { segments, store, hints, owner, groups, concurrency, leaseMs, sweepMs, clock, random, log } = options;
  const stop = new AbortController();
  let sweep: Sweep | undefined;
  let hinted: HintWorker | undefined;

  const lanes: NodeLanes = nodeLanes({
    concurrency,
    async handle(nodeUuid) {
      if (stop.signal.aborted) return;
      const claim = await store.work.claimNode(nodeUuid, { owner, leaseMs, onlyIfDue: true });
      if (claim === undefined) return;
      if (claim.takenOver) log.warn({ node: nodeUuid }, 'taking over from a conductor that did not finish');
      await runSegment(claim, segments, stop.signal);
      const again = await store.work.nextDueIn(groups);
      if (again !== undefined) sweep?.within(again);
    },
    onError(error, nodeUuid) {
      if (isStoreError(error, 'NODE-NOT-FOUND')) return;
      log.error(
        { node: nodeUuid, error: describeError(error) },
        'could not work on the node; the sweep will offer it again',
      );
    },
  });

  return {
    name: 'work',
    offer: (nodeUuid) => lanes.offer(nodeUuid),
    start() {
      sweep = startSweep({
        work: {
          due: (limit) => store.work.due({ groups, limit }),
          nextDueIn: () => store.work.nextDueIn(groups),
        },
        offer: (nodeUuid) => lanes.offer(nodeUuid),
        periodMs: sweepMs,
        batch: concurrency * 2,
        clock,
        random,
        onError: (error) => log.warn({ error: describeError(error) }, 'looking for work failed'),
      });
      hinted = hints?.process(groups, (nodeUuid) => lanes.offer(nodeUuid), { concurrency });
      return Promise.resolve();
    },
    async drain() {
      await sweep?.close();
    },
    async stop() {
      stop.abort(new Error('the conductor is stopping'));
      await sweep?.close();
      await lanes.close();
      await hinted?.close();
    },
  };
}
