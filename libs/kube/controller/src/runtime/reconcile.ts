import type { Log, ObjectKey } from '@metal3/kube-client';

/** What one pass leaves to do: nothing until something changes, or another pass after a while. */
export type Result = void | { readonly requeueAfterMs: number };

export interface ReconcileContext {
  /** Aborts when the process stops or no longer leads: pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** Carries controller, object and pass number. */
  readonly log: Log;
  /** How many passes in a row have failed before this one. */
  readonly failures: number;
}

/** One pass over one object. Throwing has it tried again with back-off; TerminalError only when something changes. */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<Result>;

/** A failure that trying again cannot mend: the pass is counted as failed and waits for the next change. */
export class TerminalError extends Error {
  override name = 'TerminalError';
}

/** Where passes come from: see `changesOf`, `ownersOf`, `relatedTo`; or anything else that can name objects. */
export interface Source {
  /** Passes begin once this has resolved for every source (for caches: when loaded). */
  ready(signal: AbortSignal): Promise<void>;
  /** Calls `enqueue` whenever an object wants a pass, until the signal aborts. */
  start(enqueue: (key: ObjectKey) => void, signal: AbortSignal): void;
}
