import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../faults.ts';
import { drained } from './drain.ts';
import { errorBody } from './error-body.ts';
import { VersionFault } from './microversion.ts';
import { setRequestId, setVersionHeaders, setVersionRange } from './reply-headers.ts';

/** A reply of 500 or more, for the log. */
export interface Failure {
  readonly fault: Fault;
  readonly error: unknown;
  readonly method: string;
  readonly route: string;
  /** The node the request was about, as the client named it. */
  readonly node: string | undefined;
  readonly requestId: string;
}

export interface ErrorHandling {
  /** Turns what came from a library into a Fault; anything it does not know stays an internal error. */
  readonly translate: (error: unknown) => Fault;
  readonly onFailure?: (failure: Failure) => void;
}

/** Answers a request that was refused or failed, in the form that Ironic's clients take apart. */
export async function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { translate, onFailure }: ErrorHandling,
): Promise<FastifyReply> {
  const fault = toFault(error, translate);
  const { requestId, minor } = request.accepted;
  if (fault.httpStatus >= 500) {
    const route = request.routeOptions.url ?? 'unknown';
    onFailure?.({ fault, error, method: request.method, route, node: nodeOf(request), requestId });
  }
  setRequestId(reply, requestId);
  if (fault instanceof VersionFault) {
    if (fault.showRange) setVersionRange(reply);
  } else if (fault.form === 'fault') {
    setVersionHeaders(reply, minor);
  }
  if (fault.kind === 'unauthorized') reply.header('www-authenticate', 'Basic realm="Baremetal API"');
  if (fault.kind === 'too-large') await drained(request.raw);
  // No Retry-After: keystoneauth, under the stock client, crashes on any error that carries it except 413.
  return reply
    .code(fault.httpStatus)
    .header('content-type', 'application/json')
    .send(Buffer.from(errorBody(fault)));
}

/** The node a request names in its path. */
export const nodeOf = ({ params }: FastifyRequest): string | undefined =>
  (params as { readonly node?: string } | undefined)?.node;

function toFault(error: unknown, translate: ErrorHandling['translate']): Fault {
  if (error instanceof Fault) return error;
  const code = (error as { code?: unknown }).code;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Fault('too-large', 'Request body exceeds the size limit', 'flat', error);
  if (typeof code === 'string' && code.startsWith('FST_ERR_')) {
    return new Fault('invalid-argument', (error as Error).message, 'abort', error);
  }
  return translate(error);
}

/** What an older client sees of an endpoint it cannot know. */
export function tooOld(status: 404 | 405 | 406, path: string): Fault {
  if (status === 404) {
    const nested = path.startsWith('/v1/nodes/');
    return new Fault(
      'not-found',
      nested ? 'The resource could not be found.' : 'The API is not supported for this version',
    );
  }
  if (status === 405) return new Fault('method-not-allowed', 'The API is not supported for this version');
  return new Fault('not-acceptable', 'Request not acceptable.');
}
