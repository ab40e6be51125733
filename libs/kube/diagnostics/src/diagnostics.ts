import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ephemeralCertificate } from '@metal3/kube-admission';
import type { KubeClient } from '@metal3/kube-client';
import { parseListen, type Part, type Service } from '@metal3/service';
import type { TlsOptions } from './tls.ts';
import { type Admit, admitByKubernetes } from './access.ts';
import type { Answer, Endpoints } from './endpoint.ts';
import { profileEndpoints } from './profiles.ts';
import { verbosityEndpoint } from './verbosity.ts';

export interface DiagnosticsSettings {
  /** host:port; empty for none. */
  readonly address: string;
  /** Plain HTTP, for everybody, and metrics only. */
  readonly insecure: boolean;
}

/** A part with the address that it listens on, once it does. */
export interface Diagnostics extends Part {
  readonly address: string;
}

/**
 * What upstream's manager serves at this address: metrics, profiles and the verbosity of the log, by HTTPS with a certificate of the process's
 * own, for callers whose token Kubernetes knows and allows to call the path.
 */
export function diagnosticsParts(
  { address, insecure }: DiagnosticsSettings,
  tls: TlsOptions,
  client: Pick<KubeClient, 'create'>,
  { metrics, clock, log }: Pick<Service, 'metrics' | 'clock' | 'log'>,
): readonly Diagnostics[] {
  if (address === '') return [];
  let server: Server | undefined;

  const metricsOnly: Endpoints = {
    '/metrics': {
      verb: 'get',
      answer: async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
    },
  };
  const endpoints = insecure ? metricsOnly : { ...metricsOnly, ...profileEndpoints(clock), ...verbosityEndpoint(log) };
  const admit: Admit = insecure ? () => Promise.resolve(undefined) : admitByKubernetes(client);

  const answer = async (request: IncomingMessage, signal: AbortSignal): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://diagnostics');
    const endpoint = endpoints[pathname];
    if (endpoint === undefined) return { status: 404, body: `there is ${Object.keys(endpoints).join(', ')} only\n` };
    if (request.method?.toLowerCase() !== endpoint.verb) {
      return { status: 405, body: `${pathname} takes ${endpoint.verb.toUpperCase()} only\n` };
    }
    const refusal = await admit(endpoint.verb, pathname, request.headers.authorization).catch((error: unknown) => {
      log.warn({ err: error, path: pathname }, 'cannot find out who asks for diagnostics');
      return { status: 503, body: `cannot find out who asks: ${sentenceOf(error)}\n` };
    });
    if (refusal !== undefined) return refusal;
    const body = await shortBody(request);
    if (body === undefined) return { status: 413, body: `send ${longestBody} bytes at most\n` };
    return endpoint.answer({ query: searchParams, body, signal });
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the caller has gone')));
    void answer(request, gone.signal)
      .catch((error: unknown): Answer => {
        if (!gone.signal.aborted) log.warn({ err: error, path: request.url }, 'diagnostics failed');
        return { status: 500, body: `${sentenceOf(error)}\n` };
      })
      .then(({ status, type = 'text/plain', body }) => response.writeHead(status, { 'content-type': type }).end(body));
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
        server = insecure
          ? createPlain(serve)
          : createSecure({ ...tls, ...(await ephemeralCertificate(['localhost'], clock.now())) }, serve);
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

const longestBody = 1_000;

/** Undefined when it is longer than anything that is meant. */
async function shortBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > longestBody) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
