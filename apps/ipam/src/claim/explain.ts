import { describeRefusal, type RefusedAddress, type SearchedRange } from '../allocation/refusal.ts';
import { ipAddressClaimFinalizer } from './adapters/cluster-api.ts';
import { ipClaimFinalizer } from './adapters/metal3.ts';
import type { Claim } from './claim.ts';
import { type ClaimDecision, decideClaim } from './decide.ts';
import { type ClaimEyes, observeClaim } from './observe.ts';

/** Where a claim stands and why, for people who ask. */
export interface ClaimExplanation {
  readonly state: 'served' | 'about-to-be-served' | 'waiting' | 'in-use' | 'being-released' | 'not-ours';
  /** Reason of the Ready condition that follows from it; empty where none does. */
  readonly reason: string;
  /** One sentence. */
  readonly message: string;
  /** The addresses that it wanted, and why it does not get them. */
  readonly refused: readonly RefusedAddress[];
  /** Where a free address was looked for in vain, in order. */
  readonly searched: readonly SearchedRange[];
}

/** Says what a pass over the claim would find now, without doing anything. Any replica can. */
export function explainClaim(claim: Claim, eyes: ClaimEyes): ClaimExplanation {
  const decision = decideClaim(observeClaim(claim, eyes));
  const refusal = decision.kind === 'refuse' ? decision.refusal : undefined;
  const { refused = [], searched = [] } = refusal ?? {};
  return { ...tell(claim, decision), refused, searched };
}

function tell(claim: Claim, decision: ClaimDecision): Pick<ClaimExplanation, 'state' | 'reason' | 'message'> {
  const { state, message } = describe(claim, decision);
  const reason = decision.kind === 'refuse' ? decision.verdict.reason : state === 'served' ? 'Ready' : '';
  return { state, reason, message };
}

function describe(claim: Claim, decision: ClaimDecision): Pick<ClaimExplanation, 'state' | 'message'> {
  switch (decision.kind) {
    case 'settled':
    case 'drop':
      if (claim.pool === undefined) return { state: 'not-ours', message: 'the pool is one of another provider' };
      return claim.deleting
        ? { state: 'being-released', message: 'the claim is being deleted and has no address of ours' }
        : { state: 'served', message: `has address ${claim.address}` };
    case 'bind':
      return { state: 'about-to-be-served', message: `address ${decision.address.text} is registered for it` };
    case 'give-up':
      return { state: 'waiting', message: decision.verdict.message };
    case 'allocate':
      return { state: 'about-to-be-served', message: 'there is an address for it' };
    case 'in-use':
      return { state: 'in-use', message: `the claim is deleted, but still in use: ${othersOn(claim).join(', ')}` };
    case 'release':
      return { state: 'being-released', message: 'its address is being given back' };
    case 'wait':
      return { state: 'waiting', message: decision.why };
    case 'refuse':
      return {
        state: 'waiting',
        message: decision.refusal === undefined ? decision.verdict.message : describeRefusal(decision.refusal),
      };
  }
}

/** Finalizers of those who use the address. */
function othersOn({ object }: Claim): string[] {
  return (object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== ipClaimFinalizer && finalizer !== ipAddressClaimFinalizer,
  );
}
