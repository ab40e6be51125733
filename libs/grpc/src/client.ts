import { readFileSync, statSync } from 'node:fs';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { Client, Metadata, type ClientReadableStream } from '@grpc/grpc-js';
import { context, trace } from '@opentelemetry/api';
import { systemClock, systemRandom } from '@metal3/service';
import { clientCredentials } from './credentials.ts';
import { messageLimit, methodDefinition, methodsOf } from './definition.ts';
import { grpcErrors } from './errors.ts';
import { fromServiceError } from './status.ts';
import { clientSpan, endSpan, injectTrace } from './trace.ts';
import type { CallOptions, GrpcClient } from './types.ts';

/** Where a client connects to: `host:port` in plaintext on this machine, or the settings of the connection. */
export type GrpcTarget = string | GrpcConnection;

/** Where a server is and how it is talked to. Files are PEM; without `tlsCaFile` the connection is plaintext, and on this machine only. */
export interface GrpcConnection {
  /** host:port */
  readonly address: string;
  /** Certificate authority of the server. */
  readonly tlsCaFile?: string;
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  /** Name that the certificate of the server must have; the host of the address if left out. */
  readonly tlsServerName?: string;
  /** File with a bearer token, read anew when it changes. */
  readonly tokenFile?: string;
  /** Milliseconds that unary calls may take that say nothing else; 30,000 if left out. */
  readonly timeout?: number;
}

const defaultTimeoutMs = 30_000;

/**
 * A typed client of a service. Connects on the first call and again after every interruption (first after 100 ms, at most every 2 s).
 *
 * @throws CodedError GRPC-PLAINTEXT when the target is on another machine and TLS is not configured
 */
export function grpcClient<Service extends DescService>(service: Service, target: GrpcTarget): GrpcClient<Service> {
  const settings = typeof target === 'string' ? { address: target } : target;
  const client = new Client(settings.address, clientCredentials(settings), {
    'grpc.max_receive_message_length': messageLimit,
    'grpc.max_send_message_length': messageLimit,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    // Replicas behind one name share the load.
    ...(settings.tlsCaFile && settings.tlsServerName
      ? { 'grpc.ssl_target_name_override': settings.tlsServerName }
      : {}),
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  });
  const token = settings.tokenFile ? tokenReader(settings.tokenFile) : undefined;
  const timeoutMs = settings.timeout ?? defaultTimeoutMs;
  const calls = methodsOf(service).map(([name, method]) => [
    name,
    method.methodKind === 'unary' ? unary(client, method, timeoutMs, token) : streaming(client, method, token),
  ]);
  return { ...Object.fromEntries(calls), close: () => client.close() } as GrpcClient<Service>;
}

/** Projected ServiceAccount tokens are rotated in place; the file is read again when its time changes. */
function tokenReader(path: string): () => string {
  let token = '';
  let readAt = -1;
  return () => {
    const { mtimeMs } = statSync(path);
    if (mtimeMs !== readAt) {
      token = readFileSync(path, 'utf8').trim();
      readAt = mtimeMs;
    }
    return token;
  };
}

function metadataOf(options: CallOptions, token: (() => string) | undefined): Metadata {
  const metadata = new Metadata({ waitForReady: options.waitForReady === true });
  metadata.set('x-request-id', options.requestId ?? systemRandom.uuid());
  if (token !== undefined) metadata.set('authorization', `Bearer ${token()}`);
  injectTrace(metadata);
  return metadata;
}

const tracer = () => trace.getTracer('metal3.grpc');

function unary(client: Client, method: DescMethod, defaultTimeout: number, token: (() => string) | undefined) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return (request: unknown, options: CallOptions = {}): Promise<unknown> => {
    const { signal, timeoutMs = defaultTimeout } = options;
    const { span, scope } = clientSpan(tracer(), path);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        endSpan(span, signal.reason);
        reject(grpcErrors.cancelled(`${path}: the caller stopped before the call began`, { cause: signal.reason }));
        return;
      }
      const abort = () => call.cancel();
      const metadata = context.with(scope, () => metadataOf(options, token));
      const deadline = systemClock.now() + timeoutMs;
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, response) => {
          signal?.removeEventListener('abort', abort);
          if (error) {
            const failure = fromServiceError(error, path);
            endSpan(span, failure);
            reject(failure);
          } else {
            endSpan(span);
            resolve(response);
          }
        },
      );
      signal?.addEventListener('abort', abort, { once: true });
    });
  };
}

function streaming(client: Client, method: DescMethod, token: (() => string) | undefined) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return async function* (request: unknown, options: CallOptions = {}): AsyncGenerator<unknown> {
    const { signal, timeoutMs } = options;
    if (signal?.aborted) throw grpcErrors.cancelled(`${path}: the caller stopped before the call began`);
    const deadline = timeoutMs === undefined ? {} : { deadline: systemClock.now() + timeoutMs };
    const call: ClientReadableStream<unknown> = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadataOf(options, token),
      deadline,
    );
    const abort = () => call.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for await (const message of call) yield message;
    } catch (error) {
      throw fromServiceError(error, path);
    } finally {
      signal?.removeEventListener('abort', abort);
      call.cancel();
    }
  };
}
