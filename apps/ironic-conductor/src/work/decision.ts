import type { JsonObject, Node, NodeEvent, ProvisionState, WorkKind } from '@metal3/node';
import type {
  AgentPatch,
  BlobChanges,
  BootEntryFields,
  HistoryEvent,
  LeasedPorts,
  NodePatch,
  Work,
} from '@metal3/node-store';
import type { Effect } from './effects.ts';
import type { Journal } from './journal.ts';
import type { Policy } from './policy.ts';

/** Everything a decision may depend on. */
export interface Seen {
  readonly node: Node;
  /** `idle`: no verb is under way; power requests, power sync and fault recovery. */
  readonly kind: WorkKind | 'idle';
  readonly args: JsonObject;
  readonly journal: Journal;
  readonly policy: Policy;
  /** The agent has posted inspection data that has not been evaluated. */
  readonly inspectionData: boolean;
  /** A power change somebody asked for. */
  readonly power: Work['power'];
  /** Idle only: it is time for the periodic look at the power state, or for another try of it. */
  readonly syncDue: boolean;
  /** Milliseconds by the database's clock. */
  readonly now: number;
}

/** What changes in the store together with a decision. */
export interface Change {
  readonly event?: NodeEvent;
  readonly target?: ProvisionState;
  readonly patch?: NodePatch;
  readonly agent?: AgentPatch | null;
  readonly internal?: JsonObject;
  readonly blobs?: BlobChanges;
  readonly history?: HistoryEvent;
  readonly bootEntry?: BootEntryFields | null;
  readonly traits?: readonly string[];
  /** Written at once, so that what is decided next sees them. */
  readonly ports?: LeasedPorts;
  /** The power request is dealt with. */
  readonly power?: null;
}

/** What to do next about a node; data, so that it can be tested as a table. */
export type Decision =
  /** Carry out one effect. `change` is committed before it. */
  | { readonly kind: 'effect'; readonly effect: Effect; readonly change?: Change }
  /** Sleep until woken, or until `wakeAt`. `awaited` completes "awaited ...". */
  | {
      readonly kind: 'wait';
      readonly waitKind: 'agent' | 'power' | 'retry' | 'inspection' | 'hold' | 'pause';
      readonly awaited: string;
      readonly wakeAt: number | null;
      readonly change?: Change;
    }
  /** Note something and decide again. */
  | { readonly kind: 'note'; readonly journal: Journal; readonly change?: Change }
  /** The work is over. */
  | { readonly kind: 'end'; readonly change: Change }
  /** Other work follows at once. */
  | {
      readonly kind: 'follow';
      readonly work: { readonly kind: WorkKind; readonly args: JsonObject };
      readonly change: Change;
    };

export type Decider = (seen: Seen) => Decision;
