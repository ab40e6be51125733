import type { ObjectKey } from '@metal3/kube-client';
import type { Claim, ClaimVerdict } from './claim.ts';

/** The claims of one API: what is there, as this process knows it, own writes included, and what can be done to them. */
export interface ClaimBook {
  readonly kind: Claim['kind'];
  find(key: ObjectKey): Claim | undefined;
  list(): Iterable<Claim>;
  /** Claims that name this pool. */
  ofPool(pool: ObjectKey): Iterable<Claim>;
  /** Makes sure that the claim stays until it is let go. @throws KubeError Conflict when the claim has changed meanwhile */
  hold(claim: Claim, signal: AbortSignal): Promise<Claim>;
  /**
   * Tells the claim its address. Only a claim that nobody has touched since it was read can be bound: of two processes that each have an
   * address for it, one succeeds. @throws KubeError Conflict
   */
  bind(claim: Claim, addressName: string, signal: AbortSignal): Promise<void>;
  /** Tells the claim why it has no address. */
  tell(claim: Claim, verdict: ClaimVerdict, signal: AbortSignal): Promise<void>;
  letGo(claim: Claim, signal: AbortSignal): Promise<void>;
  /** Asks the API server itself, past every cache, whether this very claim is gone; without a UID, whether every claim of the name is. */
  isGone(claim: { readonly key: ObjectKey; readonly uid: string }, signal: AbortSignal): Promise<boolean>;
  /** Calls back when a claim has changed, appeared or gone; answers the way to stop that. */
  onChange(listener: (change: ClaimChange) => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

export interface ClaimChange {
  readonly before: Claim | undefined;
  readonly after: Claim | undefined;
}

/** Tells people about a claim (events). Never fails and never waits. */
export interface ClaimNews {
  refused(claim: Claim, reason: string, message: string): void;
  served(claim: Claim, address: string): void;
}
