import { nodeLanes, type NodeLanes } from './lanes.ts';
import type { HintQueue, HintWorker } from './queue.ts';

/** A queue within one process: for tests, and for a conductor that shares its process with the API. */
export function memoryHintQueue(): HintQueue {
  const workers = new Set<{ readonly groups: ReadonlySet<string>; readonly lanes: NodeLanes }>();
  /** Hints nobody has taken yet, as a real queue would keep them. */
  const kept = new Map<string, string>();
  let given = 0;
  let closed = false;

  const deliver = (nodeUuid: string, group: string): boolean => {
    const worker = [...workers].find(({ groups }) => groups.has(group));
    if (worker === undefined) return false;
    void worker.lanes.offer(nodeUuid);
    return true;
  };

  return {
    hint(nodeUuid, group) {
      if (closed) return;
      given += 1;
      if (!deliver(nodeUuid, group)) kept.set(nodeUuid, group);
    },
    process(groups, handler, { concurrency }): HintWorker {
      const lanes = nodeLanes({ concurrency, handle: handler, onError: () => undefined });
      const worker = { groups: new Set(groups), lanes };
      workers.add(worker);
      for (const [nodeUuid, group] of kept) {
        if (deliver(nodeUuid, group)) kept.delete(nodeUuid);
      }
      return {
        async close() {
          workers.delete(worker);
          await lanes.close();
        },
      };
    },
    state: () => ({ connected: !closed, given, dropped: 0, warning: undefined }),
    async close() {
      closed = true;
      await Promise.all([...workers].map(({ lanes }) => lanes.close()));
      workers.clear();
    },
  };
}
