import { readFileSync } from 'node:fs';
import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import { isLoopback, parseListen } from '@metal3/service';
import { grpcErrors } from './errors.ts';
import type { GrpcClientSettings, GrpcServerSettings } from './settings.ts';

/** Certificates from Secrets are rotated in place; files are looked at this often. */
const refreshIntervalMs = 60_000;

/** Watches the files of a certificate, its key and an authority; grpc-js takes over what is new for connections that follow. */
const watched = (
  files: { certificateFile?: string; privateKeyFile?: string; caCertificateFile?: string },
  everyMs = refreshIntervalMs,
) => new experimental.FileWatcherCertificateProvider({ ...files, refreshIntervalMs: everyMs });

/**
 * How a server identifies itself and its callers.
 * @param everyMs how often the files are looked at
 * @throws CodedError GRPC-OPEN-SERVER when half of a pair is missing; what the file system says of a file that cannot be read
 */
export function serverCredentials(settings: GrpcServerSettings, everyMs?: number): ServerCredentials {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = settings;
  if (tlsCertFile === '' && tlsKeyFile === '' && tlsClientCaFile === '') return ServerCredentials.createInsecure();
  if (tlsCertFile === '' || tlsKeyFile === '') {
    throw grpcErrors.openServer('TLS needs both tlsCertFile and tlsKeyFile');
  }
  const asksClients = tlsClientCaFile !== '';
  const pair = { certificateFile: tlsCertFile, privateKeyFile: tlsKeyFile };
  const own = watched(asksClients ? { ...pair, caCertificateFile: tlsClientCaFile } : pair, everyMs);
  // Without these, a server would listen and let nobody in, and its watcher would say nothing.
  for (const file of [tlsCertFile, tlsKeyFile, ...(asksClients ? [tlsClientCaFile] : [])]) readFileSync(file);
  // The parameters are declared in another order than they are read: that of the server itself is the first.
  return experimental.createCertificateProviderServerCredentials(own, asksClients ? own : null, asksClients);
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
