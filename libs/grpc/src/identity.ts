import type { Principal, RoleName } from './types.ts';

/** Checks a bearer token: who it belongs to, or undefined when it is not valid. */
export interface Authenticator {
  authenticate(token: string, signal: AbortSignal): Promise<Principal | undefined>;
}

export type { Principal, RoleName };
