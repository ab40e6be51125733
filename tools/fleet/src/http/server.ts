import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Endpoint } from '../options.ts';
import type { KeyPair } from './certificate.ts';

/** A request whose body has been read. */
export interface Call {
  readonly method: string;
  /** Path without query, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sends only this many bytes of the body and then cuts the connection. */
  readonly cutAfter?: number;
}

/** Instead of a reply: the connection is closed without a word. */
export const hangUp = 'hang-up';

export type Handler = (call: Call) => Promise<Reply | typeof hangUp> | Reply | typeof hangUp;

export interface Listener {
  /** `http://127.0.0.1:8000`, with the port really taken. */
  readonly url: string;
  close(): Promise<void>;
}

const bodyLimit = 128 * 1024 * 1024;
const nothing = Buffer.alloc(0);

export interface Listening {
  /** Serves over TLS. */
  readonly tls?: KeyPair;
  /** Host for the listener's URL. */
  readonly advertise?: string | undefined;
  /** Asked at each connection; false cuts it before a word is said. */
  readonly accepts?: () => boolean;
}

/** Serves `handler` on an address. @throws when the address is taken */
export async function listen(
  endpoint: Endpoint,
  handler: Handler,
  { tls, advertise, accepts }: Listening = {},
): Promise<Listener> {
  const onRequest: RequestListener = (request, response) => void serve(request, response, handler);
  const server =
    tls === undefined ? createHttp(onRequest) : createHttps({ key: tls.key, cert: tls.certificate }, onRequest);
  server.keepAliveTimeout = 65_000;
  server.requestTimeout = 0;
  if (accepts !== undefined) server.on('connection', (socket: Socket) => void (accepts() || socket.destroy()));
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${authority(server, advertise)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function authority(server: NetServer, advertise: string | undefined): string {
  const { address, port } = server.address() as AddressInfo;
  const host = advertise ?? address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function serve(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort(new Error('the caller hung up'));
  });
  try {
    const { method = 'GET', url = '/', headers } = request;
    const mark = url.indexOf('?');
    const body = method === 'GET' || method === 'HEAD' ? nothing : await readBody(request);
    if (body === undefined) return void response.writeHead(413).end();
    const reply = await handler({
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers,
      body,
      signal: gone.signal,
    });
    send(request, response, reply);
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    response
      .writeHead(500, { 'content-type': 'text/plain' })
      .end(`fleet: ${error instanceof Error ? error.message : error}`);
  }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply | typeof hangUp): void {
  if (reply === hangUp) return void request.socket.destroy();
  const { status, headers, body, cutAfter } = reply;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { ...(status === 204 ? {} : { 'content-length': bytes?.length ?? 0 }), ...headers });
  if (request.method === 'HEAD' || bytes === undefined) return void response.end();
  if (cutAfter === undefined) return void response.end(bytes);
  response.write(bytes.subarray(0, cutAfter), () => request.socket.destroySoon());
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] ?? nothing) : Buffer.concat(chunks, size);
}

/** A JSON reply. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
