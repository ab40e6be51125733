import type { ClaimExplanation } from '../claim/explain.ts';

/** What somebody can do for claims that are refused, by reason of the Ready condition. */
const remedies: Readonly<Record<string, string>> = {
  PoolExhausted:
    'Delete claims that nobody needs, or add a range to spec.pools of the pool; the claim is then served by itself.',
  AllocationFailed:
    'Ask for another address in the annotation ipAddress, change spec.preAllocations of the pool, or release the address; the claim is then served by itself.',
  PoolNotFound: 'Create the IPPool in the namespace of the claim, or make the claim anew with the right name.',
  PoolDeleting: 'Delete the claim and make one on another pool.',
  InvalidPoolReference: 'Make the claim anew: the reference to its pool cannot be changed.',
};

/** Empty when there is nothing to do. */
export function remedyFor({ state, reason }: Pick<ClaimExplanation, 'state' | 'reason'>): string {
  switch (state) {
    case 'waiting':
      return remedies[reason] ?? 'Unpause what is paused, or make what is missing; the claim is then served by itself.';
    case 'in-use':
      return 'Wait until those who use the address take their finalizers off; taken off by hand, the next claim may get the address.';
    default:
      return '';
  }
}
