/**
 * Handles nodes one at a time each and `concurrency` at once, whoever offers them (hints, the sweep, a timer). A node offered while it is being
 * handled is handled once more afterwards; one that waits already is not queued twice.
 */
export interface NodeLanes {
  /** Resolves when the node has been handled after this call. Never rejects: the handler's failures go to `onError`. */
  offer(nodeUuid: string): Promise<void>;
  /** Nodes being handled or waiting. */
  readonly busy: number;
  /** Takes nothing more, drops what waits, and resolves when the handlers under way are done. */
  close(): Promise<void>;
}

export interface NodeLaneOptions {
  readonly concurrency: number;
  readonly handle: (nodeUuid: string) => Promise<void>;
  readonly onError: (error: unknown, nodeUuid: string) => void;
}

interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export function nodeLanes({ concurrency, handle, onError }: NodeLaneOptions): NodeLanes {
  const waiting = new Map<string, Waiting>();
  const running = new Map<string, Promise<void>>();
  let closed = false;

  const start = (nodeUuid: string, { resolve }: Waiting) => {
    waiting.delete(nodeUuid);
    const run = Promise.resolve()
      .then(() => handle(nodeUuid))
      .catch((error: unknown) => onError(error, nodeUuid))
      .finally(() => {
        running.delete(nodeUuid);
        resolve();
        startNext();
      });
    running.set(nodeUuid, run);
  };

  const startNext = () => {
    if (closed) return;
    for (const [nodeUuid, entry] of waiting) {
      if (running.size >= concurrency) return;
      if (!running.has(nodeUuid)) start(nodeUuid, entry);
    }
  };

  return {
    offer(nodeUuid) {
      if (closed) return Promise.resolve();
      const known = waiting.get(nodeUuid);
      if (known !== undefined) return known.promise;
      const entry = Promise.withResolvers<void>();
      waiting.set(nodeUuid, entry);
      startNext();
      return entry.promise;
    },
    get busy() {
      return running.size + waiting.size;
    },
    async close() {
      closed = true;
      for (const { resolve } of waiting.values()) resolve();
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
