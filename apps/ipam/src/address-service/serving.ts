import type { IPClaim } from '@metal3/metal3-api';
import type { Claim } from '../claim/claim.ts';
import { type ClaimObservation, decideClaim } from '../claim/decide.ts';
import type { ClaimBook } from '../claim/ports.ts';
import { addressServiceErrors as errors } from './errors.ts';

export interface ServingEyes {
  readonly claims: ClaimBook;
  readonly observe: (claim: Claim) => ClaimObservation;
}

/**
 * The name of a claim's address object, once it has one. What needs a person is told at once instead of waited for: that the claim is
 * refused, or that it is not even looked at.
 */
export function whenServed(
  { metadata }: IPClaim,
  { claims, observe }: ServingEyes,
  signal: AbortSignal,
): Promise<string> {
  const { uid = '', namespace, name = '' } = metadata;
  const gone = () => errors.beingReleased(`the claim ${name} was deleted before it had an address`);
  return new Promise((resolve, reject) => {
    const look = (claim: Claim | undefined): void => {
      if (claim?.uid !== uid) return;
      try {
        const address = addressOrTrouble(claim, observe);
        if (address !== undefined) finish(() => resolve(address));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const stop = claims.onChange(({ before, after }) => {
      if (before?.uid === uid && after?.uid !== uid) finish(() => reject(gone()));
      else look(after);
    });
    const aborted = (): void => finish(() => reject(signal.reason));
    const finish = (settle: () => void): void => {
      stop();
      signal.removeEventListener('abort', aborted);
      settle();
    };
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else look(claims.find({ namespace, name }));
  });
}

function addressOrTrouble(claim: Claim, observe: ServingEyes['observe']): string | undefined {
  const { key, told, address, deleting } = claim;
  if (deleting) throw errors.beingReleased(`the claim ${key.name} was deleted before it had an address`);
  if (told?.ready === true && address !== undefined) return address;
  if (told?.ready === false) throw errors.refused(`${key.name}: ${told.message}`);
  const observation = observe(claim);
  const decision = decideClaim(observation);
  // A new pool gets its finalizer in a moment.
  const { standing } = observation;
  const momentary = standing.kind === 'not-ready' && standing.missing !== 'cluster';
  if (decision.kind === 'wait' && !momentary) throw errors.onHold(`${key.name}: ${decision.why}`);
  return undefined;
}
