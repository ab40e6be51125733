import { CodedError, type ErrorRow } from '@metal3/service';

const permanent = 'permanent';

/**
 * Every way a request can be refused. One table: HTTP status, gRPC status, and what the caller can do about it. The sentence is written
 * where the fault is raised, because clients grep for Ironic's own words.
 */
export const faultTable = {
  'invalid-argument': row('INVALID-ARGUMENT', permanent, 400, 'INVALID_ARGUMENT', 'Correct the named argument.'),
  'invalid-state': row(
    'INVALID-STATE',
    permanent,
    400,
    'FAILED_PRECONDITION',
    'Bring the node to a state that allows the verb.',
  ),
  'in-maintenance': row(
    'IN-MAINTENANCE',
    permanent,
    400,
    'FAILED_PRECONDITION',
    'Take the node out of maintenance first.',
  ),
  'no-valid-host': row(
    'NO-VALID-HOST',
    'config',
    400,
    'FAILED_PRECONDITION',
    'Start a conductor that offers this driver and group.',
  ),
  unsupported: row('UNSUPPORTED', permanent, 400, 'UNIMPLEMENTED', 'Choose an interface that supports the operation.'),
  unauthorized: row('UNAUTHORIZED', 'auth', 401, 'UNAUTHENTICATED', 'Send valid credentials.'),
  forbidden: row('FORBIDDEN', 'auth', 403, 'PERMISSION_DENIED', 'Ask an administrator to allow the operation.'),
  protected: row('PROTECTED', permanent, 403, 'PERMISSION_DENIED', 'Set protected to false first.'),
  'not-found': row('NOT-FOUND', permanent, 404, 'NOT_FOUND', 'Check the identifier.'),
  'method-not-allowed': row('METHOD-NOT-ALLOWED', permanent, 405, 'UNIMPLEMENTED', 'Use a method of the Allow header.'),
  'not-acceptable': row('NOT-ACCEPTABLE', permanent, 406, 'UNIMPLEMENTED', 'Ask for a newer API microversion.'),
  conflict: row('CONFLICT', 'conflict', 409, 'FAILED_PRECONDITION', 'Read the resource again and decide anew.'),
  'already-exists': row(
    'ALREADY-EXISTS',
    'conflict',
    409,
    'ALREADY_EXISTS',
    'Choose another value or use the existing resource.',
  ),
  locked: row('NODE-LOCKED', 'transient', 409, 'ABORTED', 'Try again when the current operation has ended.'),
  'too-large': row('TOO-LARGE', permanent, 413, 'RESOURCE_EXHAUSTED', 'Send a smaller body.'),
  'too-many': row('TOO-MANY', 'transient', 429, 'RESOURCE_EXHAUSTED', 'Slow down.'),
  'bmc-failed': row(
    'BMC-FAILED',
    'transient',
    500,
    'UNAVAILABLE',
    'See what the BMC said: whether it can be reached, takes the credentials and offers what was asked for.',
  ),
  internal: row('INTERNAL', 'bug', 500, 'INTERNAL', 'Report this with the log lines that carry the request id.'),
  unavailable: row('UNAVAILABLE', 'transient', 503, 'UNAVAILABLE', 'Try again in a few seconds.'),
} as const satisfies Record<string, ErrorRow>;

function row(
  code: string,
  kind: ErrorRow['class'],
  httpStatus: number,
  grpcStatus: NonNullable<ErrorRow['grpcStatus']>,
  remedy: string,
) {
  return { code: `IRONIC-${code}`, class: kind, httpStatus, grpcStatus, remedy };
}

export type FaultCode = keyof typeof faultTable;

/**
 * How the body of an HTTP error looks. Ironic has four: a controller's fault and a routing abort (both a JSON document inside a string),
 * the flat form of the guard of sizes, and that of basic authentication; the last two lie outside the wrapping.
 */
export type FaultForm = 'fault' | 'abort' | 'flat' | 'basic';

/** A refused request, raised anywhere between the store and the edge and converted once at each edge. */
export class Fault extends CodedError {
  readonly kind: FaultCode;
  readonly form: FaultForm;

  constructor(kind: FaultCode, message: string, form: FaultForm = 'fault', cause?: unknown) {
    super(faultTable[kind], message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.form = form;
  }

  /** CodedError recognises its relatives by a brand; a Fault is narrower than that. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return CodedError[Symbol.hasInstance](value) && Object.hasOwn(value as object, 'form');
  }
}

export const invalid = (message: string): Fault => new Fault('invalid-argument', message);
export const conflict = (message: string): Fault => new Fault('conflict', message);
export const notFound = (message: string): Fault => new Fault('not-found', message);

/** A parameter, field or value that is newer than the microversion asked for. */
export const notAcceptable = (): Fault => new Fault('not-acceptable', 'Request not acceptable.');

export const nodeNotFound = (ident: string): Fault => notFound(`Node ${ident} could not be found.`);

/** What the agent endpoints answer to everything they do not want to explain: "absent" and "wrong state" must look the same. */
export const hiddenFromAgents = (): Fault => notFound('Resource could not be found.');

export const invalidState = (action: string, node: string, state: string): Fault =>
  new Fault(
    'invalid-state',
    `The requested action "${action}" can not be performed on node "${node}" while it is in state "${state}".`,
  );

export const locked = (node: string, host: string): Fault =>
  new Fault('locked', `Node ${node} is locked by host ${host}, please retry after the current operation is completed.`);

export const associated = (node: string, instance: string): Fault =>
  conflict(`Node ${node} is associated with instance ${instance}.`);
