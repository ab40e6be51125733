import type { Claim } from '../claim/claim.ts';
import type { ClaimDecision } from '../claim/decide.ts';
import type { RefusedAddress, SearchedRange } from '../allocation/refusal.ts';

/** Why a claim has an address, or waits for one, for people. */
export interface Explanation {
  readonly decision: ClaimDecision['kind'];
  /** Of the Ready condition; empty where there is none. */
  readonly reason: string;
  readonly sentence: string;
  /** Empty when there is nothing to do. */
  readonly remedy: string;
  readonly refused: readonly RefusedAddress[];
  readonly searched: readonly SearchedRange[];
}

/** By reason of the Ready condition. */
const remedies: Readonly<Record<string, string>> = {
  PoolExhausted:
    'Delete claims that nobody needs, or add a range to spec.pools of the pool; the claim is then served by itself.',
  AllocationFailed:
    'Ask for another address in the annotation ipAddress, change spec.preAllocations of the pool, or release the address; the claim is then served by itself.',
  PoolNotFound: 'Create the IPPool in the namespace of the claim, or make the claim anew with the right name.',
  PoolDeleting: 'Delete the claim and make one on another pool.',
  InvalidPoolReference: 'Make the claim anew: the reference to its pool cannot be changed.',
};

/** What would be done with a claim next, and why: decisions are data, so this is only not carrying one out. */
export function explain(decision: ClaimDecision, claim: Claim): Explanation {
  const { kind, key, pool } = claim;
  const nothing = { decision: decision.kind, reason: claim.told?.reason ?? '', remedy: '', refused: [], searched: [] };
  const who = `${kind} ${key.name}`;
  switch (decision.kind) {
    case 'settled':
      if (pool === undefined) return { ...nothing, sentence: `${who} is meant for a pool of another provider` };
      return { ...nothing, sentence: claim.deleting ? `${who} is on its way out` : `${who} has its address` };
    case 'drop':
      return { ...nothing, sentence: `${who} has its address; one that was made for it in vain is given back` };
    case 'bind':
      return { ...nothing, sentence: `${who} is about to be told its address ${decision.address.text}` };
    case 'allocate':
      return { ...nothing, sentence: `${who} is about to get an address` };
    case 'release':
      return { ...nothing, sentence: `${who} is deleted, and its address is on its way back to the pool` };
    case 'in-use': {
      const others = (claim.object.metadata.finalizers ?? []).filter((finalizer) => !isOurs(finalizer));
      return {
        ...nothing,
        sentence: `${who} is deleted, and keeps its address while somebody uses it: ${others.join(', ')}`,
        remedy:
          'Wait until whoever set these finalizers takes them off; removing them by hand gives the address to the next claim.',
      };
    }
    case 'wait':
      return {
        ...nothing,
        sentence: `${who} waits: ${decision.why}`,
        remedy: 'Unpause what is paused, or make what is missing; the claim is then served by itself.',
      };
    case 'refuse': {
      const { reason, message } = decision.verdict;
      const { refused = [], searched = [] } = decision.refusal ?? {};
      const remedy = remedies[reason] ?? '';
      return { ...nothing, reason, sentence: `${who} gets no address: ${message}`, remedy, refused, searched };
    }
  }
}

function isOurs(finalizer: string): boolean {
  return finalizer === 'ipclaim.ipam.metal3.io' || finalizer === 'ipam.metal3.io/ipaddressclaim';
}
