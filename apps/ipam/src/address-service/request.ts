import type { Claim } from '../claim/claim.ts';
import { addressServiceErrors as errors } from './errors.ts';

/** @throws ADDRESS-REQUEST-INCOMPLETE for the first that is empty */
export function requireFields(fields: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(fields)) if (value === '') throw errors.incomplete(`${field} is missing`);
}

export const claimKinds = ['IPClaim', 'IPAddressClaim'] as const;

/** @throws ADDRESS-REQUEST-INVALID */
export function readClaimKind(text: string): Claim['kind'] {
  const kind = claimKinds.find((one) => one === (text || 'IPClaim'));
  if (kind === undefined) throw errors.invalid(`claim_kind is ${text}: give ${claimKinds.join(' or ')}`);
  return kind;
}

/** @param namespace empty for all */
export function isWithin(namespace: string): (thing: { readonly namespace?: string | undefined }) => boolean {
  return (thing) => namespace === '' || thing.namespace === namespace;
}

export function* filter<T>(things: Iterable<T>, wanted: (thing: T) => boolean): Iterable<T> {
  for (const thing of things) if (wanted(thing)) yield thing;
}
