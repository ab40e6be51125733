import type { Claim } from '../../claim/claim.ts';
import type { PoolStanding } from '../../pool/standing/decide.ts';
import type { GivenAddress } from '../ports.ts';

export type CollectionDecision =
  | { readonly kind: 'keep' }
  /** It looks as if nobody had it: the API server itself must be asked before it is taken back. */
  | { readonly kind: 'ask-first' }
  | { readonly kind: 'later' };

/**
 * Decides about one address: does anybody have it? Addresses whose claim went without us (someone removed its finalizer, or we stopped in
 * between) would be in use for ever.
 *
 * @param claim of the name that the address tells
 */
export function decideCollection(
  address: GivenAddress,
  claim: Claim | undefined,
  standing: PoolStanding,
): CollectionDecision {
  const mine = claim !== undefined && (address.claim.uid === '' || claim.uid === address.claim.uid);
  // Made by hand, to keep an address out of use; until someone deletes it.
  const byHand = address.claim.uid === '' && !address.fromPool && !address.deleting;
  if (mine || byHand) return { kind: 'keep' };
  return standing.kind === 'paused' ? { kind: 'later' } : { kind: 'ask-first' };
}
