import { readFileSync } from 'node:fs';
import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import { isLoopback, parseListen } from '@metal3/service';
import { grpcErrors } from './errors.ts';
import type { GrpcClientSettings, GrpcServerSettings } from './settings.ts';

/** Certificates from Secrets are rotated in place; files are looked at this often. */
const refreshIntervalMs = 60_000;

/** Watches the files of a certificate, its key and an authority; grpc-js takes over what is new for connections that follow. */
const watched = (files: { certificateFile?: string; privateKeyFile?: string; caCertificateFile?: string }) =>
  new experimental.FileWatcherCertificateProvider({ ...files, refreshIntervalMs });

/**
 * How a server identifies itself and its callers.
 * @throws CodedError GRPC-OPEN-SERVER when half of a pair is missing
 */
export function serverCredentials(settings: GrpcServerSettings): ServerCredentials {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = settings;
  if (tlsCertFile === '' && tlsKeyFile === '' && tlsClientCaFile === '') return ServerCredentials.createInsecure();
  if (tlsCertFile === '' || tlsKeyFile === '') {
    throw grpcErrors.openServer('TLS needs both tlsCertFile and tlsKeyFile');
  }
  if (tlsClientCaFile === '') {
    const pair = { cert_chain: readFileSync(tlsCertFile), private_key: readFileSync(tlsKeyFile) };
    return ServerCredentials.createSsl(null, [pair], false);
  }
  const provider = watched({
    certificateFile: tlsCertFile,
    privateKeyFile: tlsKeyFile,
    caCertificateFile: tlsClientCaFile,
  });
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}

/**
 * How a client checks the server and identifies itself.
 * @throws CodedError GRPC-PLAINTEXT when the server is on another machine and no authority is set
 */
export function clientCredentials(
  settings: Partial<GrpcClientSettings> & { readonly address: string },
): ChannelCredentials {
  const { address, tlsCaFile, tlsCertFile, tlsKeyFile } = settings;
  if (!tlsCaFile) {
    const { host } = parseListen(address.replace(/^(dns|ipv4|ipv6):(\/\/\/)?/, ''));
    if (isLoopback(host)) return ChannelCredentials.createInsecure();
    throw grpcErrors.plaintext(`${address} is on another machine and no certificate authority is set`);
  }
  const authority = watched({ caCertificateFile: tlsCaFile });
  const own = tlsCertFile && tlsKeyFile ? watched({ certificateFile: tlsCertFile, privateKeyFile: tlsKeyFile }) : null;
  return experimental.createCertificateProviderChannelCredentials(authority, own);
}
