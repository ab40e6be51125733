import { CodedError, publishErrors, type ErrorRow } from '@metal3/service';

const rows = {
  'NODE-NOT-FOUND': {
    class: 'permanent',
    httpStatus: 404,
    grpcStatus: 'NOT_FOUND',
    remedy: 'Check the UUID or name; the node may have been deleted.',
  },
  'NODE-LOCKED': { class: 'conflict', remedy: 'A conductor acts on the node; try again in a few seconds.' },
  'NODE-REVISION-CONFLICT': { class: 'conflict', remedy: 'Read the node again and decide afresh.' },
  'NODE-DUPLICATE': {
    class: 'conflict',
    retry: 'never',
    grpcStatus: 'ALREADY_EXISTS',
    remedy: 'Choose another value for the field named, or use the node that has it.',
  },
  'PORT-NOT-FOUND': {
    class: 'permanent',
    httpStatus: 404,
    grpcStatus: 'NOT_FOUND',
    remedy: 'Check the UUID of the port.',
  },
  'PORT-DUPLICATE': {
    class: 'conflict',
    retry: 'never',
    grpcStatus: 'ALREADY_EXISTS',
    remedy: 'Choose another value for the field named, or delete the port that has it.',
  },
  'RECORD-NOT-FOUND': {
    class: 'permanent',
    httpStatus: 404,
    grpcStatus: 'NOT_FOUND',
    remedy: 'Check the UUID or name.',
  },
  'RECORD-DUPLICATE': {
    class: 'conflict',
    retry: 'never',
    grpcStatus: 'ALREADY_EXISTS',
    remedy: 'Choose another value for the field named.',
  },
  'MARKER-NOT-FOUND': { class: 'permanent', remedy: 'Start the list again without a marker.' },
  'LEASE-LOST': { class: 'conflict', remedy: 'Stop acting on the node: another conductor may have taken it over.' },
  'EFFECT-NOT-FOUND': {
    class: 'bug',
    remedy: 'Report it: an outcome was written for an effect that was never intended.',
  },
  'NODE-STORE-BUSY': {
    class: 'transient',
    remedy: 'Try again; if it lasts, look for a process that holds a long transaction.',
  },
  'NODE-STORE-UNAVAILABLE': { class: 'transient', remedy: 'Check that the database runs and that its disk has room.' },
  'NODE-STORE-CLOSED': { class: 'transient', remedy: 'The process is stopping; ask another replica.' },
  'SCHEMA-TOO-OLD': {
    class: 'config',
    remedy: 'Run the release before this one once, which migrates the database, then this one.',
  },
  'SCHEMA-TOO-NEW': { class: 'config', remedy: 'Upgrade this process to the release that migrated the database.' },
  'SECRET-UNREADABLE': {
    class: 'config',
    remedy: 'Give every process of the store the key its secrets were sealed with, or set the credentials again.',
  },
} as const satisfies Record<string, Omit<ErrorRow, 'code'>>;

export type StoreErrorCode = keyof typeof rows;
export const storeErrorCodes = Object.keys(rows) as readonly StoreErrorCode[];

/** The error table of the store, for the reference page. */
export const storeErrorRows: readonly ErrorRow[] = storeErrorCodes.map((code) => ({ code, ...rows[code] }));
publishErrors(storeErrorRows);

/** What identifies a refusal: the holder of a lock, the field that is not unique, the revisions that differ. */
export interface StoreErrorDetails {
  readonly ident?: string;
  /** NODE-LOCKED: host that holds the lease. */
  readonly holder?: string;
  /** *-DUPLICATE: "uuid", "name", "instanceUuid" or "address". */
  readonly field?: string;
  readonly value?: string;
  readonly expectedRevision?: string;
  readonly revision?: string;
}

/** What the store throws; match on `code`, never on the message. */
export class NodeStoreError extends CodedError {
  declare readonly code: StoreErrorCode;
  declare readonly details: Readonly<Record<string, string>> & StoreErrorDetails;

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}, cause?: unknown) {
    super({ code, ...rows[code] }, message, { details: { ...details }, cause });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof CodedError && value.code in rows;
  }
}

/** True for a store error, of the given code when one is given. */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is NodeStoreError {
  return error instanceof NodeStoreError && (code === undefined || error.code === code);
}
