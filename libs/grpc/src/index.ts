export { grpcClient, type GrpcTarget } from './client.ts';
export { grpcErrors } from './errors.ts';
export type { Authenticator } from './identity.ts';
export { grpcServer, tokensOverTls, type GrpcServer, type GrpcServerOptions } from './server.ts';
export {
  grpcClientSettings,
  grpcServerSettings,
  type GrpcClientSettings,
  type GrpcServerSettings,
} from './settings.ts';
export {
  implement,
  type Call,
  type CallOptions,
  type GrpcClient,
  type Principal,
  type RoleName,
  type ServiceImplementation,
  type ServiceMethods,
} from './types.ts';
export { watchMirror, type WatchMirror, type WatchMirrorOptions } from './watch-mirror.ts';
