import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  parseListen,
  systemClock,
  toCodedError,
  writeAddressFile,
  type Clock,
  type Part,
  type Service,
} from '@metal3/service';
import { bootErrors } from '../errors.ts';
import type { PxeServerConfig } from '../config.ts';
import { followKeyPair, readKeyPair } from './certificate.ts';
import { connectionGate } from './connection-limits.ts';
import { httpMetrics } from './metrics.ts';
import type { Served } from './boot-routes.ts';

export interface HttpListener extends Part {
  /** Base URL for network boot and images as machines reach it, without a slash at the end. */
  baseUrl(): string;
  /** Base URL of virtual media as BMCs reach it: that of HTTPS where it is served. */
  mediaUrl(): string;
}

export type HttpSettings = PxeServerConfig['http'];
export type HttpsSettings = PxeServerConfig['https'];

/** How long requests in flight may take once the service is stopping. */
const patienceMs = 3_000;

/** Requests of firmware are a few hundred bytes and have no body; readers of ISOs keep their connection between ranges. */
const requestLimits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
};

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<Served>;

/**
 * The HTTP server that machines and BMCs fetch from, and the same over TLS where a certificate is configured. Plain HTTP is what most
 * firmware can do; what is secret is behind a capability.
 */
export function httpListener(http: HttpSettings, https: HttpsSettings, handle: Handler): HttpListener {
  const servers: Server[] = [];
  let base = http.url.replace(/\/+$/, '');
  let media = https.url.replace(/\/+$/, '');
  let draining = false;
  let clock: Clock = systemClock;

  function onRequest(service: Service, metrics: ReturnType<typeof httpMetrics>) {
    return (request: IncomingMessage, response: ServerResponse) => {
      if (draining) response.setHeader('connection', 'close');
      if (hasBody(request)) {
        // Nothing here takes a body; reading it would be a gift to whoever sends one.
        response.writeHead(413, { connection: 'close', 'content-length': 0 }).end();
        metrics.served('unknown', 413, 0);
        return;
      }
      handle(request, response).then(
        ({ route, bytes }) => metrics.served(route, response.statusCode, bytes),
        (error: unknown) => metrics.served('unknown', fail(request, response, error, service), 0),
      );
    };
  }

  return {
    name: 'http',
    baseUrl: () => base,
    mediaUrl: () => (media === '' ? base : media),
    async start(signal, service) {
      clock = service.clock;
      const metrics = httpMetrics(service.metrics, () => gate.open);
      const gate = connectionGate(
        { total: http.maxConnections, perClient: http.maxConnectionsPerClient },
        metrics.refused,
      );
      const listen = async (server: Server, settings: HttpSettings | HttpsSettings, scheme: string, url: string) => {
        gate.guard(server);
        // Of a connection on which nothing moves; a BMC that needs more after that connects again.
        server.setTimeout(http.stallTimeout);
        server.on('request', onRequest(service, metrics));
        server.on('clientError', answerClientError);
        servers.push(server);
        const shown = await listening(server, settings.listen, url);
        writeAddressFile(settings.portFile, shown);
        service.log.info({ address: shown, url: url === '' ? `${scheme}://${shown}` : url }, `${scheme} listens`);
        return url === '' ? `${scheme}://${shown}` : url;
      };
      const pair = https.listen === '' ? undefined : await readKeyPair(https);
      base = await listen(createServer(requestLimits), http, 'http', base);
      if (pair === undefined) return;
      const version = {
        minVersion: https.minVersion,
        // OpenSSL refuses everything older than TLS 1.2 at its usual security level.
        ...(https.minVersion < 'TLSv1.2' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
      };
      const server = createTlsServer({ ...requestLimits, ...version, ...pair, handshakeTimeout: 10_000 });
      media = await listen(server, https, 'https', media);
      const follow = { clock, log: service.log, signal };
      followKeyPair(https, pair, (next) => server.setSecureContext({ ...version, ...next }), follow).catch(
        service.fail,
      );
    },
    drain() {
      draining = true;
    },
    async stop() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const server of servers) server.closeIdleConnections();
      // Downloads that are nearly done may finish; a BMC that reads for an hour connects again, to another replica.
      clock.after(patienceMs, () => {
        for (const server of servers) server.closeAllConnections();
      });
      await Promise.all(closed);
    },
  };
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Returns the address listened on, as it stands in URLs. */
async function listening(server: Server, listen: string, url: string): Promise<string> {
  const { host, port } = parseListen(listen);
  if (url === '' && ['0.0.0.0', '::'].includes(host)) {
    throw bootErrors.urlUnknown(`${listen} is every address of this machine, so machines cannot be told one`);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { address, port: bound, family } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${bound}` : `${address}:${bound}`;
}

/** What Node's parser refuses: too slow, too long, or no HTTP. */
function answerClientError(
  error: NodeJS.ErrnoException,
  socket: { readonly writable: boolean; end(text: string): void; destroy(): void },
) {
  if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  return socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}

/** Answers with the error if nothing has been sent yet. Returns the status for the metrics. */
function fail(request: IncomingMessage, response: ServerResponse, error: unknown, { log }: Service): number {
  const coded = toCodedError(error);
  const gone =
    response.destroyed || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
  // BMCs read a little, close, and come back for the next range; that is not an error.
  if (gone) return 499;
  const path = (request.url ?? '').replace(/\/boot\/[^/]*/, '/boot/***');
  log.warn({ error: coded, path }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return coded.httpStatus;
  }
  const body = `${coded.code}: ${coded.message}\n${coded.remedy}\n`;
  const status = coded.class === 'transient' ? 503 : coded.httpStatus;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(status === 503 ? { 'retry-after': '2' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  return status;
}
