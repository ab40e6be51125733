import type { Server, ServerWritableStream, handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import { CodedError, type Service } from '@metal3/service';
import { methodDefinition, methodsOf } from './definition.ts';
import { Health, HealthCheckResponse_ServingStatus as Status } from './gen/grpc/health/v1/health_pb.ts';
import type { HealthCheckRequest } from './gen/grpc/health/v1/health_pb.ts';
import { toServiceError } from './status.ts';
import type { ServiceImplementation } from './types.ts';
import { grpcErrors } from './errors.ts';

/** How often a Watch looks; the protocol leaves it to the server. */
const lookEveryMs = 1_000;

/**
 * grpc.health.v1: serving means the whole service is ready. Answers without authentication, since probes have no identity and learn
 * nothing but yes or no.
 */
export function healthService(server: Server, services: readonly ServiceImplementation[], service: Service): void {
  const names = new Set(['', ...services.map((each) => each.service.typeName)]);
  const now = () => (service.unready().length === 0 ? Status.SERVING : Status.NOT_SERVING);
  const check: handleUnaryCall<unknown, unknown> = (call, callback) => {
    const { service: name } = call.request as HealthCheckRequest;
    if (names.has(name)) return callback(null, { status: now() });
    const row = { ...grpcErrors.refused.row, grpcStatus: 'NOT_FOUND' } as const;
    return callback(toServiceError(new CodedError(row, `this server has no service ${name}`), ''));
  };
  const watch: handleServerStreamingCall<unknown, unknown> = (call: ServerWritableStream<unknown, unknown>) => {
    const { service: name } = call.request as HealthCheckRequest;
    let last: Status | undefined;
    const look = () => {
      const next = names.has(name) ? now() : Status.SERVICE_UNKNOWN;
      if (next !== last) call.write({ status: next });
      last = next;
    };
    look();
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    void service.clock
      .every(lookEveryMs, look, AbortSignal.any([gone.signal, service.signal]))
      .finally(() => call.end());
  };
  server.addService(Object.fromEntries(methodsOf(Health).map(([name, method]) => [name, methodDefinition(method)])), {
    check,
    watch,
  });
}
