import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseListen, systemClock, toCodedError, type Clock, type Part, type Service } from '@metal3/service';
import { Counter } from 'prom-client';
import { bootErrors } from '../errors.ts';
import type { RouteName } from './boot-routes.ts';

export interface HttpListener extends Part {
  /** Base URL as machines reach it, without a slash at the end. */
  baseUrl(): string;
}

/** How long requests in flight may take once the service is stopping. */
const patienceMs = 3_000;

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<{ readonly route: RouteName; readonly bytes: number }>;

/** The HTTP server that machines and BMCs fetch from. Plain HTTP: firmware rarely does more; what is secret is behind a capability. */
export function httpListener(
  settings: { readonly listen: string; readonly url: string; readonly portFile: string },
  handle: Handler,
): HttpListener {
  let base = settings.url.replace(/\/+$/, '');
  const server = createServer({ keepAliveTimeout: 15_000, headersTimeout: 20_000, requestTimeout: 60_000 });
  let draining = false;
  let clock: Clock = systemClock;

  return {
    name: 'http',
    baseUrl: () => base,
    async start(_signal, service) {
      const counters = requestCounters(service);
      clock = service.clock;
      server.on('request', (request, response) => {
        if (draining) response.setHeader('connection', 'close');
        handle(request, response).then(
          ({ route, bytes }) => counters.served(route, response.statusCode, bytes),
          (error: unknown) => {
            counters.served('unknown', fail(request, response, error, service), 0);
          },
        );
      });
      const { host, port } = parseListen(settings.listen);
      if (base === '' && ['0.0.0.0', '::'].includes(host)) {
        throw bootErrors.urlUnknown(
          `${settings.listen} is every address of this machine, so machines cannot be told one`,
        );
      }
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const { address, port: bound, family } = server.address() as AddressInfo;
      const shown = family === 'IPv6' ? `[${address}]:${bound}` : `${address}:${bound}`;
      if (base === '') base = `http://${shown}`;
      if (settings.portFile !== '') writeFileSync(settings.portFile, shown);
      service.log.info({ address: shown, url: base }, 'http listens');
    },
    drain() {
      draining = true;
    },
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // Downloads that are nearly done may finish; a BMC that reads for an hour connects again, to another replica.
        clock.after(patienceMs, () => server.closeAllConnections());
      });
    },
  };
}

/** Answers with the error if nothing has been sent yet. Returns the status for the metrics. */
function fail(request: IncomingMessage, response: ServerResponse, error: unknown, { log }: Service): number {
  const coded = toCodedError(error);
  const gone =
    response.destroyed || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
  // BMCs read a little, close, and come back for the next range; that is not an error.
  if (gone) return 499;
  const path = (request.url ?? '').replace(/^\/boot\/[^/]*/, '/boot/***');
  log.warn({ error: coded, path }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return coded.httpStatus;
  }
  const body = `${coded.code}: ${coded.message}\n${coded.remedy}\n`;
  const status = coded.class === 'transient' ? 503 : coded.httpStatus;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 503 ? { 'retry-after': '2' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  return status;
}

function requestCounters({ metrics }: Service) {
  const requests = new Counter({
    name: 'pxe_http_requests_total',
    help: 'Requests of machines and BMCs',
    labelNames: ['route', 'status'],
    registers: [metrics],
  });
  const sent = new Counter({
    name: 'pxe_http_sent_bytes_total',
    help: 'Body bytes sent to machines and BMCs',
    labelNames: ['route'],
    registers: [metrics],
  });
  return {
    served(route: RouteName, status: number, bytes: number) {
      requests.inc({ route, status: String(status) });
      if (bytes > 0) sent.inc({ route }, bytes);
    },
  };
}
