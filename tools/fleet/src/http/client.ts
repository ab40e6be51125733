import { Agent as HttpAgent, request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** What a machine sends out into the network: PXE, image and API requests. */
export interface Outgoing {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  readonly trust?: Trust | undefined;
}

/** How far an HTTPS server is trusted: by the system's roots, by this certificate authority, or blindly. */
export interface Trust {
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** A server that could not be reached or broke off; `url` says which. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`${url}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`, { cause });
    this.url = url;
  }
}

const timeout = 60_000;
const maxRedirects = 5;
const keepAlive = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16 };

/** The network card of all machines: one pool of connections, so that a thousand machines do not need a thousand sockets. */
export class HttpClient {
  readonly #http = new HttpAgent(keepAlive);
  readonly #https = new HttpsAgent(keepAlive);

  /** Sends a request, following redirects, and gives the reply with its body unread. @throws NetworkError */
  async open(url: string, outgoing: Outgoing = {}): Promise<IncomingMessage> {
    let target = url;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const response = await this.#once(target, outgoing);
      const location = response.headers.location;
      const redirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0) && outgoing.method !== 'POST';
      if (!redirect || location === undefined) return response;
      response.resume();
      target = new URL(location, target).href;
    }
    throw new NetworkError(url, 'too many redirects');
  }

  /** Sends a request and reads the whole reply. @throws NetworkError */
  async fetch(
    url: string,
    outgoing: Outgoing = {},
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
    const response = await this.open(url, outgoing);
    return { status: response.statusCode ?? 0, headers: response.headers, body: await readAll(url, response) };
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #once(url: string, { method = 'GET', headers = {}, body, signal, trust }: Outgoing): Promise<IncomingMessage> {
    const secure = url.startsWith('https:');
    const options: RequestOptions & { ca?: string; rejectUnauthorized?: boolean } = {
      method,
      timeout,
      agent: secure ? this.#https : this.#http,
      headers: body === undefined ? headers : { 'content-length': String(Buffer.byteLength(body)), ...headers },
      ...(signal === undefined ? {} : { signal }),
      ...(secure && trust?.ca !== undefined ? { ca: trust.ca } : {}),
      ...(secure && trust?.insecure === true ? { rejectUnauthorized: false } : {}),
    };
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(signal?.aborted === true ? signal.reason : new NetworkError(url, cause));
      const attempt = () => {
        const request = (secure ? requestHttps : requestHttp)(url, options, resolve);
        request.once('error', (error: NodeJS.ErrnoException) => {
          // A server may close an idle connection just as it is used again: that says nothing about the server.
          if (request.reusedSocket && error.code === 'ECONNRESET' && signal?.aborted !== true) attempt();
          else fail(error);
        });
        request.once('timeout', () => request.destroy(new Error(`no answer within ${timeout / 1000} s`)));
        request.end(body);
      };
      try {
        attempt();
      } catch (cause) {
        fail(cause);
      }
    });
  }
}

async function readAll(url: string, response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (cause) {
    throw new NetworkError(url, cause);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
