/**
 * Hints that a node has work. A hint cuts latency and nothing else: what is due stands in SQL, so a lost, repeated or late hint does no
 * harm, and giving one never fails.
 */
export interface HintQueue {
  /** Says that work of this node, of this conductor group, may be due. Returns at once; dropped (and counted) while the queue is away. */
  hint(nodeUuid: string, group: string): void;
  /** Takes hints of these groups, one node at a time per process, `concurrency` nodes at once. */
  process(
    groups: readonly string[],
    handler: (nodeUuid: string) => Promise<void>,
    options: { readonly concurrency: number },
  ): HintWorker;
  /** How it goes, for metrics and readiness. */
  state(): HintQueueState;
  close(): Promise<void>;
}

export interface HintWorker {
  /** Takes no new hints and waits for the handlers under way. */
  close(): Promise<void>;
}

export interface HintQueueState {
  readonly connected: boolean;
  readonly given: number;
  /** Hints dropped because the queue was away. */
  readonly dropped: number;
  /** What is wrong with the queue's configuration (an eviction policy other than `noeviction`), if anything. */
  readonly warning: string | undefined;
}
