/**
 * Codes of everything the store refuses. `NODE-STORE-BUSY` and `NODE-STORE-UNAVAILABLE` are transient, `*-NOT-FOUND` is 404, the conflicts
 * are 409, the schema codes stop the process.
 */
export const storeErrorCodes = [
  'NODE-NOT-FOUND',
  'NODE-LOCKED',
  'NODE-REVISION-CONFLICT',
  'NODE-DUPLICATE',
  'PORT-NOT-FOUND',
  'PORT-DUPLICATE',
  'PORT-REVISION-CONFLICT',
  'TRAIT-NOT-FOUND',
  'MARKER-NOT-FOUND',
  'LEASE-LOST',
  'EFFECT-NOT-FOUND',
  'NODE-STORE-BUSY',
  'NODE-STORE-UNAVAILABLE',
  'NODE-STORE-CLOSED',
  'SCHEMA-TOO-OLD',
  'SCHEMA-TOO-NEW',
  'SECRET-UNREADABLE',
] as const;
export type StoreErrorCode = (typeof storeErrorCodes)[number];

/** What identifies a refusal: the holder of a lock, the field that is not unique, the revisions that differ. */
export interface StoreErrorDetails {
  readonly ident?: string;
  /** NODE-LOCKED: host that holds the lease. */
  readonly holder?: string;
  /** *-DUPLICATE: "uuid", "name", "instanceUuid" or "address". */
  readonly field?: string;
  readonly value?: string;
  readonly expectedRevision?: number;
  readonly revision?: number;
}

/** The one error class of this library; match on `code`, never on the message. */
export class NodeStoreError extends Error {
  override readonly name = 'NodeStoreError';
  readonly code: StoreErrorCode;
  readonly details: StoreErrorDetails;

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** True for a store error, of the given code when one is given. */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is NodeStoreError {
  return error instanceof NodeStoreError && (code === undefined || error.code === code);
}
