import { writeFileSync } from 'node:fs';
import type { DescMethod } from '@bufbuild/protobuf';
import { context as traceContext } from '@opentelemetry/api';
import {
  Server,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { generalErrors, isLoopback, parseListen, toCodedError, type Part, type Service } from '@metal3/service';
import { serverCredentials } from './credentials.ts';
import { messageLimit, methodDefinition, methodPath, methodsOf } from './definition.ts';
import { grpcErrors } from './errors.ts';
import { healthService } from './health.ts';
import { gatekeeper, roleOf, type Authenticator } from './identity.ts';
import { addReflection } from './reflection.ts';
import { callMetrics, type CallMetrics } from './metrics.ts';
import type { GrpcServerSettings } from './settings.ts';
import { toServiceError } from './status.ts';
import { endSpan, serverSpan } from './trace.ts';
import type { Call, ServiceImplementation } from './types.ts';

export interface GrpcServerOptions {
  /** Name of the part, default `grpc`. */
  readonly name?: string;
  /** Checks bearer tokens; `@metal3/kube-client` has one that asks the API server (TokenReview). */
  readonly tokens?: Authenticator;
}

export interface GrpcServer extends Part {
  /** host:port it listens on; throws before it has started. */
  readonly address: string;
}

type AnyCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;
type Admit = ReturnType<typeof gatekeeper>['admit'];

/** What every handler of one server shares. */
interface Surroundings {
  readonly service: Service;
  readonly admit: Admit;
  readonly metrics: CallMetrics;
  /** Aborts when calls in flight must end. */
  readonly ending: AbortSignal;
}

/**
 * Serves contracts over gRPC as a part of a service: identity and roles, request ids, trace context, deadlines, coded errors, metrics,
 * health and reflection. Drains on stop: no new calls, unary ones in flight finish, streams end with UNAVAILABLE so that clients go
 * elsewhere.
 *
 * @throws CodedError GRPC-OPEN-SERVER from `start` when it would listen beyond loopback without authentication
 */
export function grpcServer(
  settings: GrpcServerSettings,
  services: readonly ServiceImplementation[],
  { name = 'grpc', tokens }: GrpcServerOptions = {},
): GrpcServer {
  const server = new Server({
    'grpc.max_receive_message_length': messageLimit,
    'grpc.max_send_message_length': messageLimit,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 1,
  });
  const ending = new AbortController();
  let address: string | undefined;
  return {
    name,
    get address() {
      if (address === undefined) throw generalErrors.bug(`${name} does not listen yet`);
      return address;
    },
    async start(_signal, service) {
      refuseOpenDoor(settings, tokens);
      const surroundings: Surroundings = {
        service,
        admit: gatekeeper(settings, tokens, service.clock).admit,
        metrics: callMetrics(service.metrics),
        ending: ending.signal,
      };
      for (const { service: contract, methods } of services) {
        const entries = methodsOf(contract).map(
          ([localName, method]) => [localName, method, methods[localName]] as const,
        );
        server.addService(
          Object.fromEntries(entries.map(([localName, method]) => [localName, methodDefinition(method)])),
          Object.fromEntries(
            entries.map(([localName, method, run]) => [localName, handler(method, run, surroundings)]),
          ),
        );
      }
      healthService(server, services, service);
      if (settings.reflection) addReflection(server, services);
      address = await bind(server, settings);
      if (settings.portFile !== '') writeFileSync(settings.portFile, address);
      service.log.info({ address, services: services.map((each) => each.service.typeName) }, `${name} listens`);
    },
    async stop() {
      const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      ending.abort(grpcErrors.unreachable('the server is stopping'));
      await drained;
    },
  };
}

function refuseOpenDoor(settings: GrpcServerSettings, tokens: Authenticator | undefined): void {
  const { host } = parseListen(settings.listen);
  const tls = settings.tlsCertFile !== '' && settings.tlsKeyFile !== '';
  if (isLoopback(host)) return;
  if (!tls)
    throw grpcErrors.openServer(`${settings.listen} can be reached from other machines, but TLS is not configured`);
  if (settings.tlsClientCaFile === '' && tokens === undefined) {
    throw grpcErrors.openServer(
      `${settings.listen} can be reached from other machines, but callers are not authenticated`,
    );
  }
}

async function bind(server: Server, settings: GrpcServerSettings): Promise<string> {
  const { host, port } = parseListen(settings.listen);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${bracketed}:${port}`, serverCredentials(settings), (error, got) =>
      error ? reject(error) : resolve(got),
    );
  });
  return `${bracketed}:${bound}`;
}

function handler(method: DescMethod, run: unknown, surroundings: Surroundings): UntypedServiceImplementation[string] {
  if (typeof run !== 'function') throw generalErrors.bug(`${methodPath(method)} has no implementation`);
  switch (method.methodKind) {
    case 'unary':
      return unary(method, run as UnaryMethod, surroundings);
    case 'server_streaming':
      return streaming(method, run as StreamingMethod, surroundings);
    default:
      throw generalErrors.bug(`${methodPath(method)}: only unary and server streaming methods are served`);
  }
}

type UnaryMethod = (request: unknown, call: Call) => unknown;
type StreamingMethod = (request: unknown, call: Call) => AsyncIterable<unknown>;

function unary(method: DescMethod, run: UnaryMethod, surroundings: Surroundings): handleUnaryCall<unknown, unknown> {
  const answer = around(method, surroundings);
  return (call, callback) => {
    void answer(call, false, async (about) => run(call.request, about)).then(
      (response) => callback(null, response),
      (failure: WireFailure) => callback(failure.wire),
    );
  };
}

function streaming(
  method: DescMethod,
  run: StreamingMethod,
  surroundings: Surroundings,
): handleServerStreamingCall<unknown, unknown> {
  const answer = around(method, surroundings);
  return (call) => {
    void answer(call, true, async (about) => {
      for await (const message of run(call.request, about)) {
        if (about.signal.aborted) throw about.signal.reason;
        if (!call.write(message)) await drained(call, about.signal);
      }
      // A generator that ended because it was told to has not come to its end.
      if (about.signal.aborted) throw about.signal.reason;
    }).then(
      () => call.end(),
      (failure: WireFailure) => call.emit('error', failure.wire),
    );
  };
}

/** Back-pressure: a reader that is behind holds its generator back instead of filling memory. */
function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    };
    const aborted = () => {
      call.off('drain', go);
      reject(signal.reason);
    };
    call.once('drain', go);
    signal.addEventListener('abort', aborted, { once: true });
  });
}

/** An error in the shape grpc-js sends. */
class WireFailure extends Error {
  readonly wire: ReturnType<typeof toServiceError>;
  constructor(wire: ReturnType<typeof toServiceError>) {
    super(wire.details);
    this.wire = wire;
  }
}

/** Everything around a handler: who calls, may they, ids, trace, deadline, outcome. */
function around(method: DescMethod, { service, admit, metrics, ending }: Surroundings) {
  const path = methodPath(method);
  const role = roleOf(method);
  const { log, clock, tracer, random } = service;
  return async <Answer>(
    call: AnyCall,
    endsWithServer: boolean,
    run: (call: Call) => Promise<Answer>,
  ): Promise<Answer> => {
    const began = clock.monotonic();
    const requestId = String(call.metadata.get('x-request-id')[0] ?? '') || random.uuid();
    const gone = new AbortController();
    const stop = () => gone.abort(ending.reason);
    call.on('cancelled', () => gone.abort(generalErrors.cancelled(`${path}: the caller went away`)));
    if (endsWithServer) {
      if (ending.aborted) stop();
      else ending.addEventListener('abort', stop, { once: true });
    }
    const { span, scope } = serverSpan(tracer, path, call.metadata);
    try {
      const certificate = call.getAuthContext().sslPeerCertificate?.raw;
      const asked = admit({ metadata: call.metadata, certificate, signal: gone.signal }, role, path);
      const principal = asked instanceof Promise ? await asked : asked;
      const deadline = Number(call.getDeadline());
      const answer = await traceContext.with(scope, () =>
        run({
          method: path,
          signal: gone.signal,
          deadline: Number.isFinite(deadline) ? deadline : undefined,
          requestId,
          principal,
          get log() {
            return log.child({ requestId, principal: principal.name });
          },
        }),
      );
      metrics.handled(path, 'OK', clock.monotonic() - began);
      endSpan(span);
      return answer;
    } catch (error) {
      const coded = toCodedError(error);
      metrics.handled(path, coded.grpcStatus, clock.monotonic() - began);
      endSpan(span, coded);
      if (coded.class === 'bug') log.error({ error: coded, method: path, requestId }, 'call failed');
      else log.debug({ error: coded, method: path, requestId }, 'call refused');
      throw new WireFailure(toServiceError(coded, requestId));
    } finally {
      ending.removeEventListener('abort', stop);
    }
  };
}
