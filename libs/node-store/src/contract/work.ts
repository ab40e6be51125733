import type {
  JsonObject,
  Node,
  NodeEvent,
  NodeUuid,
  PowerTarget,
  ProvisionState,
  Timestamp,
  WorkKind,
} from '@metal3/node';
import type { BlobChanges, HistoryEvent, NodePatch, NodeRequest } from './nodes.ts';
import type { LeasedPorts } from './ports.ts';

/** Why a node sleeps with nothing acting on it. Free text of the conductor: "agent", "task", "power", "hold", "retry". */
export type WaitKind = string;

/** The conductor's working papers for one node. */
export interface Work {
  /** What is under way; null when nothing is. */
  readonly kind: WorkKind | null;
  readonly args: JsonObject;
  readonly requestedBy: string | null;
  /** Private notes of the work (resume points, task URLs); cleared when new work begins. */
  readonly context: JsonObject;
  readonly power: {
    readonly target: PowerTarget;
    readonly timeoutSeconds: number | null;
    readonly requestedAt: Timestamp;
  } | null;
  readonly requests: readonly (NodeRequest & { readonly id: number; readonly requestedAt: Timestamp })[];
  /** Wake-ups ever given, and how many of them had been seen at the last release; work is due while they differ. */
  readonly wakeSeq: number;
  readonly doneSeq: number;
  readonly waitKind: WaitKind | null;
  readonly wakeAt: Timestamp | null;
  /** When the wait has lasted too long. Compare with `now`, which is by the same clock. */
  readonly deadline: Timestamp | null;
  /** The database's clock when this was read. */
  readonly now: Timestamp;
  /** Effects whose intent is committed and whose outcome is not: observe before deciding. */
  readonly openEffects: readonly Effect[];
}

/** The right to act on a node until `expiresAt`, by the database's clock; every write under it is fenced by `token`. */
export interface Lease {
  readonly nodeId: number;
  readonly nodeUuid: NodeUuid;
  readonly owner: string;
  readonly token: string;
  readonly expiresAt: Timestamp;
  readonly durationMs: number;
}

export interface Claim {
  readonly lease: Lease;
  readonly node: Node;
  readonly work: Work;
  /** An earlier lease ran out without being released: its holder may have stopped half-way. */
  readonly takenOver: boolean;
}

/** A non-idempotent act on the outside world (power, media, write_image, RAID, firmware): intent, act, outcome. */
export interface Effect {
  readonly id: string;
  readonly kind: string;
  readonly intent: JsonObject;
  readonly outcome: JsonObject | null;
  readonly intendedAt: Timestamp;
  readonly settledAt: Timestamp | null;
}

export interface AgentPatch {
  readonly url?: string | null;
  readonly version?: string | null;
  readonly verifyCa?: string | null;
  /** Null forgets the token, so that the next boot's lookup may be given one. */
  readonly token?: string | null;
  readonly tokenPregenerated?: boolean;
  readonly status?: string | null;
  readonly statusMessage?: string | null;
  readonly lastHeartbeat?: Timestamp | null;
}

/** One change under a lease, all of it in one transaction. */
export interface LeasedChange {
  readonly patch?: NodePatch;
  readonly event?: NodeEvent;
  readonly target?: ProvisionState;
  /** Replaces the private notes. */
  readonly context?: JsonObject;
  /** Begins follow-up work (tear-down -> clean) or ends the work (null); ending clears args, context, wait and deadline. */
  readonly work?: { readonly kind: WorkKind; readonly args: JsonObject } | null;
  /** The power request has been dealt with (or given up): clears it. */
  readonly power?: null;
  /** Ids of requests that have been dealt with. */
  readonly doneRequests?: readonly number[];
  /** Null forgets the agent altogether (url, token, certificate). */
  readonly agent?: AgentPatch | null;
  /** Merged over `driverInternalInfo`; null values remove their keys. */
  readonly internal?: JsonObject;
  readonly traits?: readonly string[];
  readonly blobs?: BlobChanges;
  readonly history?: HistoryEvent;
  /** Commits the intent of effects about to be performed. */
  readonly intend?: readonly { readonly id: string; readonly kind: string; readonly intent: JsonObject }[];
  /** Commits outcomes. */
  readonly settle?: readonly { readonly id: string; readonly outcome: JsonObject }[];
  readonly bootEntry?: BootEntryFields | null;
  readonly ports?: LeasedPorts;
}

/** How a node goes to sleep. Times count from the release, by the database's clock; null (the default) means never. */
export interface Sleep {
  readonly waitKind?: WaitKind | null;
  readonly wakeAfterMs?: number | null;
  /** "keep": the deadline set before stands. */
  readonly deadlineAfterMs?: number | null | 'keep';
}

export type Release =
  | { readonly released: true; readonly node: Node }
  /** Something woke the node meanwhile: the lease goes on with what is known now; look again. The change that came along was written. */
  | { readonly released: false; readonly claim: Claim };

export interface WorkRepository {
  /** Wakes the node: a conductor of its group will look at it, whatever happens in between. */
  wake(nodeUuid: string): Promise<void>;

  /** Takes leases on up to `limit` nodes of these conductor groups whose work is due, the longest due first. */
  claimDue(options: {
    readonly owner: string;
    readonly groups: readonly string[];
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly Claim[]>;

  /** Takes the lease on one node; undefined while somebody else holds it, or when nothing is due and `onlyIfDue`. @throws NODE-NOT-FOUND */
  claimNode(
    nodeUuid: string,
    options: { readonly owner: string; readonly leaseMs: number; readonly onlyIfDue?: boolean },
  ): Promise<Claim | undefined>;

  /** Due nodes of the groups, without claiming them: what the sweep hints at. */
  due(options: { readonly groups: readonly string[]; readonly limit: number }): Promise<readonly NodeUuid[]>;

  /** Milliseconds until something is due in the groups: 0 when something is, undefined when nothing is planned. */
  nextDueIn(groups: readonly string[]): Promise<number | undefined>;

  /** Work of a node without a lease, for looking. */
  find(nodeUuid: string): Promise<Work | undefined>;

  /** Extends the lease from now. @throws LEASE-LOST */
  renew(lease: Lease, leaseMs?: number): Promise<Lease>;

  /** Writes under the lease. @throws LEASE-LOST when it has run out or somebody else has it; then nothing was written. */
  update(lease: Lease, change: LeasedChange): Promise<Claim>;

  /**
   * Gives the lease back, together with a last change, unless the node was woken after `seenWakeSeq` (the `wakeSeq` of the claim or update
   * that the decision was made on): then the change is written and the lease goes on.
   * @throws LEASE-LOST
   */
  release(lease: Lease, seenWakeSeq: number, sleep?: Sleep, change?: LeasedChange): Promise<Release>;

  /** Gives up a lease without settling anything: the node stays due (shutdown in the middle of work). Never throws LEASE-LOST. */
  abandon(lease: Lease): Promise<void>;

  /** The last effects of a node, newest first. */
  effects(nodeUuid: string, limit?: number): Promise<readonly Effect[]>;
}

/** What one machine boots now, for pxe-server; field names as in metal3.boot.v1. */
export interface BootEntryFields {
  readonly capability: string;
  readonly macAddresses: readonly string[];
  readonly kind: 'agent' | 'iso' | 'local';
  readonly kernelUrl: string;
  readonly ramdiskUrl: string;
  readonly espUrl: string;
  readonly kernelParameters: string;
  readonly isoUrl: string;
  /** network_data.json; empty for none. */
  readonly networkData: string;
  readonly bootMode: 'uefi' | 'bios';
  readonly cpuArchitecture: string;
}

export interface BootEntry extends BootEntryFields {
  readonly nodeUuid: NodeUuid;
  readonly revision: number;
}

export interface BootEntryRepository {
  list(): Promise<readonly BootEntry[]>;
  find(nodeUuid: string): Promise<BootEntry | undefined>;
}
