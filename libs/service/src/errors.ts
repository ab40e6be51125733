/**
 * Who can do something about a failure, and therefore whether trying again helps:
 * `transient` goes away by itself; `permanent` needs other input; `conflict` needs a fresh read first; `auth` and `config` need a
 * person to mend credentials or settings; `bug` is ours.
 */
export type ErrorClass = 'transient' | 'permanent' | 'conflict' | 'auth' | 'config' | 'bug';

/** What a caller should do next: try the same again later, read and try again, or wait until a person or the input changes. */
export type RetryAdvice = 'backoff' | 'reread' | 'never';

/** Names of google.rpc.Code. */
export type GrpcStatus =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** One row of a capability's error table; what is left out follows from the class. */
export interface ErrorRow {
  /** Stable and searchable: `CONDUCTOR-LEASE-LOST`. */
  readonly code: string;
  readonly class: ErrorClass;
  readonly retry?: RetryAdvice;
  readonly grpcStatus?: GrpcStatus;
  readonly httpStatus?: number;
  /** `reason` of a Kubernetes condition, CamelCase. */
  readonly conditionReason?: string;
  /** One sentence in the imperative: what the reader can do. */
  readonly remedy: string;
}

/** Everything a row says once the defaults of its class are filled in. */
export interface ErrorTraits extends Required<Omit<ErrorRow, 'conditionReason'>> {
  readonly conditionReason: string;
}

const byClass: Record<ErrorClass, { retry: RetryAdvice; grpcStatus: GrpcStatus; httpStatus: number }> = {
  transient: { retry: 'backoff', grpcStatus: 'UNAVAILABLE', httpStatus: 503 },
  permanent: { retry: 'never', grpcStatus: 'INVALID_ARGUMENT', httpStatus: 400 },
  conflict: { retry: 'reread', grpcStatus: 'ABORTED', httpStatus: 409 },
  auth: { retry: 'never', grpcStatus: 'UNAUTHENTICATED', httpStatus: 401 },
  config: { retry: 'never', grpcStatus: 'FAILED_PRECONDITION', httpStatus: 400 },
  bug: { retry: 'backoff', grpcStatus: 'INTERNAL', httpStatus: 500 },
};

/** A registered symbol, so that an error thrown by one installed copy of this library is recognised by another. */
const brand = Symbol.for('metal3.CodedError');

/** A failure with an identity: match on `code` or `class`, never on the message. */
export class CodedError extends Error implements ErrorTraits {
  override readonly name = 'CodedError';
  readonly code: string;
  readonly class: ErrorClass;
  readonly retry: RetryAdvice;
  readonly grpcStatus: GrpcStatus;
  readonly httpStatus: number;
  readonly conditionReason: string;
  readonly remedy: string;
  /** Facts for machines (URL, node, field). Never secrets. */
  readonly details: Readonly<Record<string, string>>;
  readonly [brand] = true;

  constructor(row: ErrorRow, message: string, { cause, details = {} }: CodedErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    const defaults = byClass[row.class];
    this.code = row.code;
    this.class = row.class;
    this.retry = row.retry ?? defaults.retry;
    this.grpcStatus = row.grpcStatus ?? defaults.grpcStatus;
    this.httpStatus = row.httpStatus ?? defaults.httpStatus;
    this.conditionReason = row.conditionReason ?? camelCase(row.code);
    this.remedy = row.remedy;
    this.details = details;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

export interface CodedErrorOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, string>>;
}

/** HOST-POWER-REFUSED -> HostPowerRefused */
function camelCase(code: string): string {
  return code
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}

/** Every row of every table of this process, whichever copy of the library made it: the reference page is written from it. */
const known: Map<string, ErrorRow> = ((globalThis as Record<symbol, unknown>)[Symbol.for('metal3.errorRows')] ??=
  new Map()) as Map<string, ErrorRow>;

/** Puts rows on the reference page; `errorTable` does so by itself. */
export function publishErrors(rows: readonly ErrorRow[]): void {
  for (const row of rows) known.set(row.code, row);
}

/** The rows of all error tables that have been loaded, by code, with the defaults of their classes. */
export function knownErrors(): readonly ErrorTraits[] {
  return [...known.values()]
    .sort((one, other) => (one.code < other.code ? -1 : 1))
    .map((row) => ({ ...byClass[row.class], conditionReason: camelCase(row.code), ...row }));
}

/** An error table: one constructor per row, with the row itself for documentation. */
export type ErrorTable<Rows extends Record<string, ErrorRow>> = {
  readonly [Name in keyof Rows]: ((message: string, options?: CodedErrorOptions) => CodedError) & {
    readonly row: Rows[Name];
  };
};

/**
 * Makes the error table of a capability.
 *
 *     export const powerErrors = errorTable({
 *       refused: { code: 'HOST-POWER-REFUSED', class: 'transient', remedy: 'Look at the BMC; it is asked again.' },
 *     });
 *     throw powerErrors.refused(`the BMC of ${host} refused`, { cause });
 */
export function errorTable<const Rows extends Record<string, ErrorRow>>(rows: Rows): ErrorTable<Rows> {
  publishErrors(Object.values(rows));
  const entries = Object.entries(rows).map(([name, row]) => [
    name,
    Object.assign((message: string, options?: CodedErrorOptions) => new CodedError(row, message, options), { row }),
  ]);
  return Object.fromEntries(entries) as ErrorTable<Rows>;
}

/** True for a CodedError of any installed copy of this library; with a code, only for that one. */
export function isCodedError(error: unknown, code?: string): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

/** Failures that belong to no capability. */
export const generalErrors = errorTable({
  cancelled: {
    code: 'CANCELLED',
    class: 'transient',
    grpcStatus: 'CANCELLED',
    httpStatus: 499,
    remedy: 'Nothing to do: the caller went away or the service is stopping.',
  },
  deadline: {
    code: 'DEADLINE-EXCEEDED',
    class: 'transient',
    grpcStatus: 'DEADLINE_EXCEEDED',
    httpStatus: 504,
    remedy: 'Try again; if it persists look at the load of the service that was called.',
  },
  bug: { code: 'INTERNAL', class: 'bug', remedy: 'Report this with the log lines that carry the request id.' },
  invalid: { code: 'INVALID-ARGUMENT', class: 'permanent', remedy: 'Correct the field the message names.' },
});

/** The one conversion at an edge: a CodedError stays, aborts and timeouts get their codes, anything else is a bug. */
export function toCodedError(error: unknown): CodedError {
  if (isCodedError(error)) return error;
  // By shape: errors of another realm (workers, test sandboxes) are no instances of ours.
  if (typeof error === 'object' && error !== null && 'name' in error && 'message' in error) {
    const message = String(error.message);
    if (error.name === 'AbortError') return generalErrors.cancelled(message, { cause: error });
    if (error.name === 'TimeoutError') return generalErrors.deadline(message, { cause: error });
    return generalErrors.bug(message, { cause: error });
  }
  return generalErrors.bug(String(error), { cause: error });
}
