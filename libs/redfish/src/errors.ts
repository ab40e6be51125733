/**
 * Why a BMC call failed, by what the caller can do about it.
 *
 * - `transient`: try again later (503, 429, connection refused or reset before an answer, time-out of a read).
 * - `unknown`: a change was sent and no answer came; observe before doing it again.
 * - `refused`: the BMC understood and said no (400, 409, 405); the reason is in `messages`.
 * - `auth`: credentials or privileges; a person must act.
 * - `tls`: the certificate cannot be verified; a person must act.
 * - `config`: wrong address, wrong system path; a person must act.
 * - `unsupported`: this BMC lacks the feature.
 * - `aborted`: the caller's signal ended the call.
 */
export type RedfishErrorKind =
  'transient' | 'unknown' | 'refused' | 'auth' | 'tls' | 'config' | 'unsupported' | 'aborted';

export interface RedfishErrorDetails {
  readonly kind: RedfishErrorKind;
  readonly method: string;
  /** Path of the request, without the origin and never with credentials. */
  readonly path: string;
  readonly origin: string;
  readonly status?: number | undefined;
  /** Message ids of the extended error information, e.g. `Base.1.18.ActionParameterValueConflict`. */
  readonly messageIds?: readonly string[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A failed BMC call. The message names the request, the status and the BMC's own words. */
export class RedfishError extends Error {
  override readonly name = 'RedfishError';
  readonly kind: RedfishErrorKind;
  readonly method: string;
  readonly path: string;
  readonly origin: string;
  readonly status: number | undefined;
  readonly messageIds: readonly string[];
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, details: RedfishErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.method = details.method;
    this.path = details.path;
    this.origin = details.origin;
    this.status = details.status;
    this.messageIds = details.messageIds ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** True when the same call may be tried again without a person's help. */
  get retryable(): boolean {
    return this.kind === 'transient' || this.kind === 'unknown';
  }

  /** Survives duplicate installs of the package, unlike instanceof. */
  static is(error: unknown): error is RedfishError {
    return error instanceof Error && error.name === 'RedfishError' && 'kind' in error;
  }
}

const tlsCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

/** Never reached the BMC, so a change may be sent again at once. */
const unsentCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN']);
const addressCodes = new Set(['ENOTFOUND', 'ERR_INVALID_URL']);

/** Reads fields of anything thrown: an error may come from another realm, so it is not asked for its class. */
function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** The `code` of the innermost cause that has one. */
function errorCode(error: unknown): string | undefined {
  let current: unknown = error;
  let found: string | undefined;
  for (let depth = 0; depth < 5 && current !== undefined; depth += 1) {
    const code = field(current, 'code');
    if (typeof code === 'string') found = code;
    current = field(current, 'cause');
  }
  return found;
}

/** Classifies an error thrown by the HTTP client. `changes`: the request was not a read. */
export function transportError(
  error: unknown,
  request: { readonly method: string; readonly path: string; readonly origin: string },
  changes: boolean,
): RedfishError {
  const code = errorCode(error);
  const said = String(field(error, 'message') || code || error);
  const where = `${request.method} ${request.origin}${request.path}`;
  const base = { ...request, cause: error };
  if (code !== undefined && (tlsCodes.has(code) || code.startsWith('ERR_SSL'))) {
    return new RedfishError(
      `${where}: TLS connection failed: ${said} (${code}); trust the BMC's certificate or disable its verification`,
      { ...base, kind: 'tls' },
    );
  }
  if (code !== undefined && addressCodes.has(code)) {
    return new RedfishError(`${where}: the BMC address cannot be resolved: ${said}`, { ...base, kind: 'config' });
  }
  const unsent = code !== undefined && unsentCodes.has(code);
  return new RedfishError(`${where}: no answer from the BMC: ${said}`, {
    ...base,
    kind: changes && !unsent ? 'unknown' : 'transient',
  });
}

/** True for texts that say that the machine already is in the requested state; BMCs answer 400 or 409 with them. */
export function saysAlreadyThere(error: RedfishError): boolean {
  return /already (powered )?(on|off)|host is powered (on|off)/i.test(error.message);
}
