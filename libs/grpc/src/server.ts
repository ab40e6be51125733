import type { Part } from '@metal3/service';
import type { Authenticator } from './identity.ts';
import type { GrpcServerSettings } from './settings.ts';
import type { ServiceImplementation } from './types.ts';

export interface GrpcServerOptions {
  /** Name of the part, default `grpc`. */
  readonly name?: string;
  /** Checks bearer tokens; `@metal3/kube-client` has one that asks the API server (TokenReview). */
  readonly tokens?: Authenticator;
}

export interface GrpcServer extends Part {
  /** host:port it listens on, once started. */
  readonly address: string;
}

export declare function grpcServer(
  settings: GrpcServerSettings,
  services: readonly ServiceImplementation[],
  options?: GrpcServerOptions,
): GrpcServer;
