/** What went wrong with a call, in the API server's own words (`metav1.StatusReason`), plus Unavailable for "no answer". */
export type KubeErrorCode =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Forbidden'
  | 'Gone'
  | 'Internal'
  | 'Invalid'
  | 'NotFound'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'Unavailable'
  | 'Unsupported';

export interface KubeErrorCause {
  readonly field?: string;
  readonly message?: string;
  readonly reason?: string;
}

/** A `metav1.Status` as the API server sends it. */
export interface KubeStatus {
  readonly kind?: 'Status';
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly uid?: string;
    readonly causes?: readonly KubeErrorCause[];
    readonly retryAfterSeconds?: number;
  };
}

const brand = Symbol.for('metal3.kube.error');

/** The one error that a KubeClient throws. Ask with `isKubeError`, which also knows errors of a second copy of this library. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly causes: readonly KubeErrorCause[];
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    known: {
      status?: number;
      causes?: readonly KubeErrorCause[];
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, known.cause === undefined ? undefined : { cause: known.cause });
    this.name = 'KubeError';
    this.code = code;
    this.status = known.status ?? 0;
    this.causes = known.causes ?? [];
    this.retryAfterMs = known.retryAfterMs;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Worth trying again unchanged, since the reason lies outside the request. */
  get transient(): boolean {
    return transientCodes.has(this.code);
  }
}

const transientCodes: ReadonlySet<KubeErrorCode> = new Set(['Internal', 'Timeout', 'TooManyRequests', 'Unavailable']);

/** True of a KubeError, and, if codes are given, of one with one of these codes. */
export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return codes.length === 0 || codes.includes((error as unknown as KubeError).code);
}

/** The outcome of a call about an object that may have gone meanwhile; undefined if it has. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    return undefined;
  }
}

const byReason: Readonly<Record<string, KubeErrorCode>> = {
  AlreadyExists: 'AlreadyExists',
  BadRequest: 'BadRequest',
  Conflict: 'Conflict',
  Expired: 'Gone',
  Forbidden: 'Forbidden',
  Gone: 'Gone',
  InternalError: 'Internal',
  Invalid: 'Invalid',
  MethodNotAllowed: 'Unsupported',
  NotAcceptable: 'Unsupported',
  NotFound: 'NotFound',
  ServerTimeout: 'Timeout',
  ServiceUnavailable: 'Unavailable',
  Timeout: 'Timeout',
  TooManyRequests: 'TooManyRequests',
  Unauthorized: 'Unauthorized',
  UnsupportedMediaType: 'Unsupported',
};

const byStatus: Readonly<Record<number, KubeErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'Unsupported',
  406: 'Unsupported',
  408: 'Timeout',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'Unavailable',
  504: 'Timeout',
};

/** Turns the status of a refused call (an answer, or an ERROR event of a watch) into the error that says it. */
export function kubeErrorFromStatus(status: KubeStatus, httpStatus = status.code ?? 500): KubeError {
  const code = byReason[status.reason ?? ''] ?? byStatus[httpStatus] ?? (httpStatus >= 500 ? 'Internal' : 'BadRequest');
  const seconds = status.details?.retryAfterSeconds;
  return new KubeError(code, status.message ?? `the API server answered ${httpStatus}`, {
    status: httpStatus,
    causes: status.details?.causes ?? [],
    retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
  });
}
