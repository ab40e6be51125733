import { Server } from '@grpc/grpc-js';
import { generalErrors, isLoopback, parseListen, writeAddressFile, type Part } from '@metal3/service';
import { callHandler, type Surroundings } from './call-handler.ts';
import { serverCredentials } from './credentials.ts';
import { messageLimit, methodDefinition, methodsOf } from './definition.ts';
import { grpcErrors } from './errors.ts';
import { healthService } from './health.ts';
import { gatekeeper, type Authenticator } from './identity.ts';
import { callMetrics } from './metrics.ts';
import { addReflection } from './reflection.ts';
import type { GrpcServerSettings } from './settings.ts';
import type { ServiceImplementation } from './types.ts';

export interface GrpcServerOptions {
  /** Name of the part, default `grpc`. */
  readonly name?: string;
  /** Checks bearer tokens, for example by asking the API server (TokenReview). */
  readonly tokens?: Authenticator;
}

/**
 * Options of a server that asks for tokens where it may be reached from elsewhere, and trusts its callers on plaintext loopback: a
 * token must not travel in the clear.
 */
export function tokensOverTls(
  settings: Pick<GrpcServerSettings, 'tlsCertFile'>,
  tokens: Authenticator,
): GrpcServerOptions {
  return settings.tlsCertFile === '' ? {} : { tokens };
}

export interface GrpcServer extends Part {
  /** host:port it listens on; throws before it has started. */
  readonly address: string;
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
            entries.map(([localName, method, run]) => [localName, callHandler(method, run, surroundings)]),
          ),
        );
      }
      healthService(server, services, service);
      if (settings.reflection) addReflection(server, services);
      address = await bind(server, settings);
      writeAddressFile(settings.portFile, address);
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
