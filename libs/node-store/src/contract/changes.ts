import type { Node, NodeUuid, ProvisionState, Timestamp } from '@metal3/node';
import type { BootEntry } from './work.ts';

/** (store epoch, sequence), opaque to clients: "3f2a…:1042". */
export type ChangeToken = string;

/**
 * What a watcher sees. A token stands for "everything up to here was delivered" and may be passed as `from`, on any replica. After
 * RESYNC_REQUIRED the stream ends: watch again without a token.
 */
export type WatchEvent<Item> =
  | { readonly kind: 'SNAPSHOT'; readonly item: Item }
  | { readonly kind: 'SYNCED'; readonly token: ChangeToken }
  | { readonly kind: 'CHANGED'; readonly item: Item; readonly token: ChangeToken }
  | { readonly kind: 'DELETED'; readonly uuid: NodeUuid; readonly token: ChangeToken }
  | { readonly kind: 'BOOKMARK'; readonly token: ChangeToken }
  | { readonly kind: 'RESYNC_REQUIRED'; readonly reason: ResyncReason };

export type ResyncReason = 'other-store' | 'trimmed' | 'slow-reader' | 'bad-token' | 'snapshot-aborted';

export interface WatchOptions {
  /** Token of the last event seen; left out for a fresh snapshot. */
  readonly from?: ChangeToken;
  /** Only these nodes. */
  readonly uuids?: readonly string[];
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Undelivered changes (one per node) a reader may fall behind by before it is told to resync. Default 10,000. */
  readonly maxPending?: number;
  /** A quiet stream gets a BOOKMARK this often. Default 30,000. */
  readonly bookmarkEveryMs?: number;
}

/** One row of a node's timeline. */
export interface TimelineEntry {
  readonly seq: number;
  readonly uuid: string;
  readonly nodeUuid: NodeUuid;
  readonly at: Timestamp;
  readonly kind: 'created' | 'changed' | 'deleted';
  readonly revision: number;
  readonly provisionState: ProvisionState | null;
  readonly targetProvisionState: ProvisionState | null;
  readonly principal: string | null;
  readonly conductor: string | null;
  /** Filled for entries of Ironic's node history. */
  readonly event: string | null;
  readonly eventType: string | null;
  readonly severity: string | null;
}

export interface ChangeLog {
  /** List + watch of nodes, conflated per node. */
  watchNodes(options?: WatchOptions): AsyncIterable<WatchEvent<Node>>;
  /** The same for boot entries. */
  watchBootEntries(options?: WatchOptions): AsyncIterable<WatchEvent<BootEntry>>;
  /** Where the log ends now. */
  head(): Promise<{ readonly epoch: string; readonly seq: number; readonly token: ChangeToken }>;
  /**
   * Removes rows (and settled effects) older than this many milliseconds, but keeps history entries for `keepHistoryMs` (default 30 days).
   * Any process may do it, every hour or so. Number of rows removed.
   */
  trim(olderThanMs: number, keepHistoryMs?: number): Promise<number>;
  timeline(
    nodeUuid: string,
    options?: { readonly limit?: number; readonly beforeSeq?: number },
  ): Promise<readonly TimelineEntry[]>;
  /** Only entries with an event, oldest first: Ironic's node history. */
  history(nodeUuid: string): Promise<readonly TimelineEntry[]>;
}
