import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ephemeralCertificate } from '@metal3/kube-admission';
import { type KubeClient, mayReadPath, whoseToken } from '@metal3/kube-client';
import { parseListen, type Part, type Service } from '@metal3/service';
import type { TlsOptions } from '../tls.ts';

export interface DiagnosticsSettings {
  /** host:port; empty for none. */
  readonly address: string;
  /** Plain HTTP, for everybody. */
  readonly insecure: boolean;
}

/** A part with the address that it listens on, once it does. */
export interface Diagnostics extends Part {
  readonly address: string;
}

const path = '/metrics';

/**
 * Metrics where upstream's manager has them: by HTTPS, with a certificate of the process's own as there, for callers whose token Kubernetes
 * knows and allows to get /metrics.
 */
export function diagnosticsParts(
  { address, insecure }: DiagnosticsSettings,
  tls: TlsOptions,
  client: Pick<KubeClient, 'create'>,
  { metrics, clock, log }: Pick<Service, 'metrics' | 'clock' | 'log'>,
): readonly Diagnostics[] {
  if (address === '') return [];
  let server: Server | undefined;

  const answer = async (
    url: string,
    authorization: string | undefined,
  ): Promise<readonly [status: number, text: string]> => {
    if (new URL(url, 'http://diagnostics').pathname !== path) return [404, `there is ${path} only\n`];
    if (insecure) return [200, await metrics.metrics()];
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const caller = token === undefined ? undefined : await whoseToken(client, token);
    if (caller === undefined) return [401, 'show a bearer token of Kubernetes\n'];
    if (await mayReadPath(client, caller, path)) return [200, await metrics.metrics()];
    return [403, `${caller.name} may not get ${path}: bind it to a ClusterRole with that nonResourceURL\n`];
  };

  return [
    {
      name: 'diagnostics',
      get address() {
        const { address: host, port, family } = server?.address() as AddressInfo;
        return family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`;
      },
      async start() {
        const { host, port } = parseListen(address);
        const listener: Parameters<typeof createPlain>[1] = (request, response) => {
          const say = (status: number, text: string) =>
            response
              .writeHead(status, { 'content-type': status === 200 ? metrics.contentType : 'text/plain' })
              .end(text);
          answer(request.url ?? '/', request.headers.authorization).then(
            ([status, text]) => say(status, text),
            (error: unknown) => {
              log.warn({ err: error }, 'cannot find out who asks for metrics');
              say(503, `cannot find out who asks: ${error instanceof Error ? error.message : String(error)}\n`);
            },
          );
        };
        server = insecure
          ? createPlain(listener)
          : createSecure({ ...tls, ...(await ephemeralCertificate(['localhost'], clock.now())) }, listener);
        await new Promise<void>((resolve, reject) => {
          server?.once('error', reject);
          server?.listen(port, host, resolve);
        });
      },
      stop: () =>
        new Promise<void>((resolve) => {
          if (server === undefined) return resolve();
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    },
  ];
}
