import { randomUUID } from 'node:crypto';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Fault } from '../faults.ts';
import { bodyLimits, parseBody, type NulHandling } from './body.ts';
import { minimumMinor, negotiateMinor } from './microversion.ts';
import { refuseNulInUrl } from './nul.ts';
import { routedUrl } from './path.ts';
import type { RawQuery } from './query.ts';
import { setRequestId, setVersionHeaders } from './reply-headers.ts';
import type { ApiReply, Method, Principal, Route } from './route.ts';
import { nodeOf, sendError, tooOld, type ErrorHandling } from './send-error.ts';
import type { Traced } from './trace.ts';

export interface RestServerOptions extends ErrorHandling {
  readonly routes: readonly Route[];
  /** @throws Fault 401 or 400 for credentials that are missing or wrong */
  readonly authenticate: (authorization: string | undefined) => Principal | Promise<Principal>;
  /** What links start with; without it the scheme and Host of the request. */
  readonly publicEndpoint: string | undefined;
  readonly onReply?: (observed: {
    method: string;
    route: string;
    status: number;
    milliseconds: number;
    requestId: string;
    /** The node the request was about, as the client named it. */
    node: string | undefined;
  }) => void;
  /** Puts the handling of a request into a trace. */
  readonly traced?: Traced;
  /** Refuses a caller that asks too often, by its address. @throws Fault (429) */
  readonly admit?: (address: string, route: string) => void;
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface Accepted {
  minor: number;
  requestId: string;
  principal: Principal;
}

declare module 'fastify' {
  interface FastifyRequest {
    accepted: Accepted;
  }
  interface FastifyContextConfig {
    nul?: NulHandling;
  }
}

const anonymous: Principal = { name: 'anonymous' };
const methods: readonly Method[] = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'];

/** The REST API as a Fastify server: everything that is the same for all endpoints, around the handlers that are not. */
export function restServer(options: RestServerOptions): FastifyInstance {
  const server = fastify({
    ...(options.tls === undefined ? {} : { https: options.tls }),
    bodyLimit: bodyLimits.default,
    exposeHeadRoutes: false,
    logger: false,
    rewriteUrl: (request) => routedUrl(request.url ?? '/', request.headers),
    routerOptions: { maxParamLength: 1024 },
    requestTimeout: 120_000,
    // What the router refuses by itself (a URL that does not decode, an endless identifier) comes before any hook of ours.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      request.accepted = { minor: minimumMinor, requestId: `req-${randomUUID()}`, principal: anonymous };
      void sendError(new Fault('invalid-argument', error.message.slice(0, 200), 'abort'), request, reply, options);
    },
  }) as unknown as FastifyInstance;

  // Clients written in Go ask vendor methods with GET and a body.
  server.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    try {
      const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      done(null, parseBody(type, String(text), request.routeOptions.config.nul));
    } catch (error) {
      done(error as Error);
    }
  });
  server.decorateRequest('accepted');

  const publicRoutes = new Set(
    options.routes.filter((route) => route.public === true).map(({ method, path }) => `${method} ${path}`),
  );
  server.addHook('onRequest', async (request) => {
    request.accepted = { minor: minimumMinor, requestId: `req-${randomUUID()}`, principal: anonymous };
    const path = request.routeOptions.url;
    if (path !== undefined) options.admit?.(request.ip, path);
    if (!publicRoutes.has(`${request.method} ${path}`)) {
      request.accepted.principal = await options.authenticate(request.headers.authorization);
    }
    if (path === undefined) return;
    refuseNulInUrl(request.url);
    refuseOtherMediaTypes(request.headers.accept);
    request.accepted.minor = negotiateMinor(request.headers, path === '/');
  });

  for (const route of options.routes) addRoute(server, route, options);
  addMethodRefusals(server, options.routes);
  server.setNotFoundHandler(() => {
    throw new Fault('not-found', '', 'abort');
  });
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply, options));
  if (options.onReply !== undefined) observeReplies(server, options.onReply);
  return server;
}

function addRoute(
  server: FastifyInstance,
  route: Route,
  { publicEndpoint, traced = untraced }: RestServerOptions,
): void {
  const name = `${route.method} ${route.path}`;
  const { since = minimumMinor, before = 404, bodyLimit = bodyLimits.default, nul = 'refused' } = route;
  server.route({
    method: route.method,
    url: route.path,
    bodyLimit,
    config: { nul },
    handler: async (request, reply) => {
      const { minor, requestId, principal } = request.accepted;
      if (minor < since) throw tooOld(before, route.path);
      const base = publicEndpoint ?? `${request.protocol}://${request.host}`;
      const asked = {
        minor,
        base,
        params: request.params as Readonly<Record<string, string>>,
        query: request.query as RawQuery,
        body: request.body ?? undefined,
        principal,
        requestId,
      };
      const answer = await traced(request.headers, name, async () => route.handle(asked));
      return send(reply, request, answer, base);
    },
  });
}

const untraced: Traced = (_headers, _name, handle) => handle();

function send(reply: FastifyReply, request: FastifyRequest, answer: ApiReply, base: string): FastifyReply {
  setVersionHeaders(reply, request.accepted.minor);
  setRequestId(reply, request.accepted.requestId);
  reply.code(answer.status);
  if (answer.location !== undefined) reply.header('location', base + answer.location);
  if (answer.json === undefined) return reply.send();
  // A buffer, because Fastify appends a charset to the type of text, which Ironic does not.
  return reply
    .header('content-type', 'application/json')
    .send(typeof answer.json === 'string' ? Buffer.from(answer.json) : answer.json);
}

/** Every path answers the methods it does not have with 405 and the list of those it has; to versions older than the path it is none. */
function addMethodRefusals(server: FastifyInstance, routes: readonly Route[]): void {
  for (const [path, own] of Map.groupBy(routes, (route) => route.path)) {
    const has = own.map((route) => route.method).sort();
    const { since = minimumMinor, before = 404 } = own.reduce((a, b) => ((a.since ?? 0) <= (b.since ?? 0) ? a : b));
    server.route({
      method: [...methods.filter((method) => !has.includes(method)), 'HEAD', 'OPTIONS'],
      url: path,
      handler: (request, reply) => {
        if (request.accepted.minor < since && before === 404) throw tooOld(before, path);
        reply.header('allow', has.join(', '));
        throw new Fault('method-not-allowed', '', 'abort');
      },
    });
  }
}

function observeReplies(server: FastifyInstance, onReply: NonNullable<RestServerOptions['onReply']>): void {
  server.addHook('onResponse', (request, reply, done) => {
    onReply({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      milliseconds: reply.elapsedTime,
      requestId: request.accepted.requestId,
      node: nodeOf(request),
    });
    done();
  });
}

function refuseOtherMediaTypes(accept: string | undefined): void {
  if (accept === undefined || accept === '' || /\*\/\*|application\/(\*|json|vnd\.openstack)/i.test(accept)) return;
  throw new Fault('not-acceptable', '', 'abort');
}
