import { bmcAccess, UnknownBmcTypeError, type BmcAccess, type BmcCredentials } from '../../bmc/access.ts';
import { BmcAddressError } from '../../bmc/address.ts';
import type { Seconds } from '../../kernel.ts';

export interface CredentialsObservation {
  readonly address: string;
  readonly credentialsName: string;
  /** Decoded values of the Secret; undefined when there is no such Secret. */
  readonly secret: Readonly<Record<string, string>> | undefined;
}

export type CredentialsDecision =
  | { readonly kind: 'usable'; readonly access: BmcAccess; readonly credentials: BmcCredentials }
  /** Recorded as registration error. `recheckIn` absent: nothing will change before the host or the Secret does. */
  | {
      readonly kind: 'unusable';
      readonly problem: 'missing' | 'invalid';
      readonly message: string;
      readonly recheckIn?: Seconds;
    };

/** A Secret that does not carry our label yet cannot be watched for, so it is looked for. */
const secretRecheck: Seconds = 10;

export function decideCredentials({ address, credentialsName, secret }: CredentialsObservation): CredentialsDecision {
  if (credentialsName === '') return invalid('The BMC secret reference is empty: set spec.bmc.credentialsName');
  if (secret === undefined) {
    return {
      kind: 'unusable',
      problem: 'missing',
      message: `BMC CredentialsName secret doesn't exist: create Secret "${credentialsName}" with the keys username and password`,
      recheckIn: secretRecheck,
    };
  }
  if (address === '') return invalid("Missing BMC connection detail 'Address': set spec.bmc.address");

  const username = secret['username']?.trim() ?? '';
  const password = secret['password']?.trim() ?? '';
  if (username === '') return invalid(`Missing BMC connection detail 'username' in Secret "${credentialsName}"`);
  if (password === '') return invalid(`Missing BMC connection details 'password' in Secret "${credentialsName}"`);

  try {
    return { kind: 'usable', access: bmcAccess(address), credentials: { username, password } };
  } catch (error) {
    if (error instanceof BmcAddressError || error instanceof UnknownBmcTypeError) return invalid(error.message);
    throw error;
  }
}

function invalid(message: string): CredentialsDecision {
  return { kind: 'unusable', problem: 'invalid', message };
}
