import { isDeepStrictEqual } from 'node:util';
import type { AdmissionRequest, AdmissionVerdict, FieldProblem } from '@metal3/kube-admission';
import type { KubeObject } from '@metal3/kube-client';
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
  return review(request, {
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
  return review(request, { created: claimProblems, updated: claimUpdateProblems });
}

export function reviewAddress(request: AdmissionRequest<IPAddress>): AdmissionVerdict {
  return review(request, { created: addressProblems, updated: addressUpdateProblems });
}

interface Rules<T> {
  readonly created: (object: T) => readonly FieldProblem[];
  readonly updated: (before: T, after: T) => readonly FieldProblem[];
  readonly warnings?: (object: T) => readonly string[];
}

function review<T extends KubeObject>(
  { operation, object, oldObject, subResource }: AdmissionRequest<T>,
  { created, updated, warnings = () => [] }: Rules<T>,
): AdmissionVerdict {
  // Status is our own to write, and an object on its way out must be let go even if it would not be let in.
  if (object === null || object === undefined || (subResource ?? '') !== '') return {};
  if (object.metadata.deletionTimestamp !== undefined) return {};
  const problems = operation === 'UPDATE' && oldObject ? updated(oldObject, object) : created(object);
  return { problems, warnings: problems.length > 0 ? [] : warnings(object) };
}
