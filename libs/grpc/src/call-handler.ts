import type { DescMethod } from '@bufbuild/protobuf';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { generalErrors, toCodedError, type Service } from '@metal3/service';
import { context as traceContext } from '@opentelemetry/api';
import { methodPath } from './definition.ts';
import { roleOf, type Gatekeeper } from './identity.ts';
import { kubernetesFailure } from './kubernetes.ts';
import type { CallMetrics } from './metrics.ts';
import { toServiceError } from './status.ts';
import { endSpan, serverSpan } from './trace.ts';
import type { Call } from './types.ts';

type AnyCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/** What every handler of one server shares. */
export interface Surroundings {
  readonly service: Service;
  readonly admit: Gatekeeper['admit'];
  readonly metrics: CallMetrics;
  /** Aborts when calls in flight must end. */
  readonly ending: AbortSignal;
}

/** How grpc-js calls one method of an implementation. */
export function callHandler(
  method: DescMethod,
  run: unknown,
  surroundings: Surroundings,
): UntypedServiceImplementation[string] {
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
      const coded = kubernetesFailure(error, path) ?? toCodedError(error);
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
