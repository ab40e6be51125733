import type { FieldProblem } from '@metal3/kube-admission';
import type { IPClaim } from '@metal3/metal3-api';
import { parseIp } from '../address/ip.ts';
import { requestAnnotation } from '../claim/claim.ts';
import { invalid, notAnAddress } from './field.ts';
import { fixedReference, requiredReference } from './references.ts';

export function claimProblems(claim: IPClaim): readonly FieldProblem[] {
  return [...requiredReference('spec.pool', claim.spec.pool), ...requestProblems(claim)];
}

/** A claim stays with its pool; the annotation may change for as long as there is no address. */
export function claimUpdateProblems(before: IPClaim, after: IPClaim): readonly FieldProblem[] {
  return [...fixedReference('spec.pool', before.spec.pool, after.spec.pool), ...requestProblems(after)];
}

/** The annotation by which an address is asked for, on a claim or copied to an address. */
export function requestProblems({ metadata }: Pick<IPClaim, 'metadata'>): readonly FieldProblem[] {
  const requested = metadata.annotations?.[requestAnnotation] ?? '';
  return requested === '' || parseIp(requested) !== undefined
    ? []
    : [invalid(`metadata.annotations.${requestAnnotation}`, requested, notAnAddress)];
}
