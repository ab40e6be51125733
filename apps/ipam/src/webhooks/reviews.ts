import { isDeepStrictEqual } from 'node:util';
import { type AdmissionRequest, type AdmissionVerdict, reviewFields } from '@metal3/kube-admission';
import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import { addressProblems, addressUpdateProblems } from './address.ts';
import { claimProblems, claimUpdateProblems } from './claim.ts';
import { poolProblems, poolUpdateProblems } from './pool/problems.ts';
import { poolWarnings } from './pool/warnings.ts';

/** The addresses given out of a pool, as text. */
export type AddressesInUse = (pool: IPPool) => Iterable<string>;

export function defaultPool(draft: IPPool): void {
  draft.spec.allocationStrategy ??= 'sequential';
}

/**
 * An update that leaves the spec alone is let in whatever the spec says: finalizers, labels and owners of an object that was
 * stored under older rules must remain writable.
 */
export function reviewPool(request: AdmissionRequest<IPPool>, inUse: AddressesInUse): AdmissionVerdict {
  return reviewFields(request, {
    created: ({ spec }) => poolProblems(spec),
    updated: (before, after) =>
      isDeepStrictEqual(before.spec, after.spec)
        ? []
        : poolUpdateProblems(before.spec, after.spec, [
            ...Object.values(before.status?.indexes ?? {}),
            ...inUse(before),
          ]),
    warnings: ({ spec }) => poolWarnings(spec),
  });
}

export function reviewClaim(request: AdmissionRequest<IPClaim>): AdmissionVerdict {
  return reviewFields(request, { created: claimProblems, updated: claimUpdateProblems });
}

export function reviewAddress(request: AdmissionRequest<IPAddress>): AdmissionVerdict {
  return reviewFields(request, { created: addressProblems, updated: addressUpdateProblems });
}
