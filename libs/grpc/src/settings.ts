import { Type, type Static } from 'typebox';
import { duration, listenAddress } from '@metal3/service';

/** Settings of a gRPC server; goes under the key `grpc` of a service's schema. */
export const grpcServerSettings = Type.Object({
  listen: listenAddress({
    default: '127.0.0.1:0',
    description: 'host:port to serve gRPC on; an address other than loopback needs authentication',
  }),
  portFile: Type.String({
    default: '',
    description: 'File to which the address is written once the server listens; empty for none',
  }),
  tlsCertFile: Type.String({ default: '', description: 'Server certificate (PEM); empty for plaintext' }),
  tlsKeyFile: Type.String({ default: '', description: 'Private key of the server certificate (PEM)' }),
  tlsClientCaFile: Type.String({
    default: '',
    description: 'Certificate authority of client certificates (PEM); clients must then present one',
  }),
  readers: Type.Array(Type.String(), {
    default: [],
    description: 'Principals (certificate common names, token user names) that may read; * for every authenticated one',
  }),
  operators: Type.Array(Type.String(), { default: [], description: 'Principals that may change things' }),
  services: Type.Array(Type.String(), { default: [], description: 'Principals of our own services' }),
  reflection: Type.Boolean({ default: true, description: 'Serve gRPC reflection, for grpcurl and the like' }),
});
export type GrpcServerSettings = Static<typeof grpcServerSettings>;

/** Settings of a connection to a gRPC server. */
export const grpcClientSettings = Type.Object({
  address: Type.String({ description: 'host:port of the server' }),
  tlsCaFile: Type.String({
    default: '',
    description: 'Certificate authority of the server (PEM); empty for plaintext',
  }),
  tlsCertFile: Type.String({ default: '', description: 'Client certificate (PEM)' }),
  tlsKeyFile: Type.String({ default: '', description: 'Private key of the client certificate (PEM)' }),
  tlsServerName: Type.String({
    default: '',
    description: 'Name that the certificate of the server must have; empty for the host of its address',
  }),
  tokenFile: Type.String({ default: '', description: 'File with a bearer token, read anew when it changes' }),
  timeout: duration({ default: '30s', description: 'Deadline of unary calls that set none' }),
});
export type GrpcClientSettings = Static<typeof grpcClientSettings>;
