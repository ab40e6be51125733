import type { FieldProblem } from '@metal3/kube-admission';
import type { IPAddress } from '@metal3/metal3-api';
import { parseIp } from '../address/ip.ts';
import { requestProblems } from './claim.ts';
import { invalid, notAnAddress } from './field.ts';
import { fixedReference, requiredReference } from './references.ts';

export function addressProblems(address: IPAddress): readonly FieldProblem[] {
  const { pool, claim, address: text } = address.spec;
  return [
    ...requiredReference('spec.pool', pool),
    ...requiredReference('spec.claim', claim),
    ...(text === '' ? [invalid('spec.address', text, 'cannot be empty')] : []),
    ...(text !== '' && parseIp(text) === undefined ? [invalid('spec.address', text, notAnAddress)] : []),
    ...requestProblems(address),
  ];
}

/** An address is given to one claim of one pool, for good. */
export function addressUpdateProblems(before: IPAddress, after: IPAddress): readonly FieldProblem[] {
  const moved = before.spec.address !== after.spec.address;
  return [
    ...(moved ? [invalid('spec.address', after.spec.address, 'cannot be modified')] : []),
    ...fixedReference('spec.pool', before.spec.pool, after.spec.pool),
    ...fixedReference('spec.claim', before.spec.claim, after.spec.claim),
  ];
}
