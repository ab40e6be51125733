import { Agent, type Dispatcher } from 'undici';
import type { ClusterAccess, Credential } from '../access/access.ts';
import { KubeError, kubeErrorFromStatus, type KubeStatus } from '../error.ts';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Longest silence, in milliseconds. */
  readonly silenceMs?: number;
  /** The answer goes on for minutes: it gets a connection of its own, which keeps no other request waiting. */
  readonly long?: boolean;
}

/** Calls under way at a time; more wait in line, so that a burst of work makes no burst of TLS handshakes. */
const connections = 64;

/** The connections that one client certificate stands for. */
interface Lines {
  readonly calls: Agent;
  readonly watches: Agent;
}

/** HTTP to one API server: connections, credentials, and refusals turned into KubeErrors. */
export class Transport {
  readonly #access: ClusterAccess;
  readonly #userAgent: string;
  #lines: Lines | undefined;
  #linesFor: Credential['certificate'];

  constructor(access: ClusterAccess, userAgent: string) {
    this.#access = access;
    this.#userAgent = userAgent;
  }

  /**
   * Sends a request and answers the response, its body unread, if its status is 2xx.
   *
   * @throws KubeError otherwise; the signal's reason after an abort
   */
  async send(exchange: Exchange): Promise<Dispatcher.ResponseData> {
    const answer = await this.#attempt(exchange);
    if (answer.statusCode !== 401) return accept(answer, exchange);
    // The token may have expired meanwhile: fetch a new one and ask once more.
    await answer.body.dump();
    this.#access.credentials.refused();
    return accept(await this.#attempt(exchange), exchange);
  }

  async close(): Promise<void> {
    const lines = this.#lines;
    this.#lines = undefined;
    await Promise.all([lines?.calls.destroy(), lines?.watches.destroy()]);
  }

  async #attempt({ method, path, query, body, contentType, signal, silenceMs = 60_000, long }: Exchange) {
    signal?.throwIfAborted();
    try {
      const credential = await this.#access.credentials.current();
      const { calls, watches } = this.#dispatchers(credential);
      return await (long === true ? watches : calls).request({
        ...target(this.#access.server, path, query),
        method,
        headers: {
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...(contentType && { 'content-type': contentType }),
          ...(credential.authorization && { authorization: credential.authorization }),
        },
        body: body ?? null,
        signal: signal ?? null,
        headersTimeout: 60_000,
        bodyTimeout: silenceMs,
      });
    } catch (cause) {
      throw unanswered(cause, this.#access.server, signal);
    }
  }

  #dispatchers({ certificate }: Credential): Lines {
    if (this.#lines !== undefined && sameCertificate(this.#linesFor, certificate)) return this.#lines;
    const { ca, serverName, insecure } = this.#access.tls;
    // A certificate belongs to its connections: those of the old one end when their requests have.
    void this.#lines?.calls.close();
    void this.#lines?.watches.close();
    this.#linesFor = certificate;
    const options: Agent.Options = {
      // Over HTTP/2 the end of a session is told to streams that undici has let go of: an 'error' event nobody hears, which ends the process.
      allowH2: false,
      // Less than the API server's own limit of 90 s, so that it never closes a connection that a request is about to use.
      keepAliveTimeout: 60_000,
      connect: {
        timeout: 10_000,
        keepAlive: true,
        keepAliveInitialDelay: 15_000,
        ...(ca !== undefined && { ca }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(certificate !== undefined && certificate),
        rejectUnauthorized: insecure !== true,
      },
    };
    this.#lines = { calls: new Agent({ ...options, connections }), watches: new Agent(options) };
    return this.#lines;
  }
}

/** Turns whatever broke a request or the reading of its answer into what a KubeClient throws. */
export function unanswered(cause: unknown, server: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof KubeError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new KubeError('Unavailable', `the API server ${server} did not answer: ${detail}`, { cause });
}

async function accept(answer: Dispatcher.ResponseData, { method, path }: Exchange): Promise<Dispatcher.ResponseData> {
  if (answer.statusCode < 300) return answer;
  const text = await answer.body.text().catch(() => '');
  const error = kubeErrorFromStatus(statusOf(text, `${method} ${path}`, answer.statusCode), answer.statusCode);
  const retryAfter = Number(answer.headers['retry-after']);
  if (error.retryAfterMs !== undefined || !(retryAfter > 0)) throw error;
  throw new KubeError(error.code, error.message, {
    status: error.status,
    causes: error.causes,
    retryAfterMs: retryAfter * 1000,
  });
}

function statusOf(text: string, request: string, httpStatus: number): KubeStatus {
  try {
    const status = JSON.parse(text) as KubeStatus;
    if (status.kind === 'Status') return status;
  } catch {
    // Proxies and aggregated servers answer in plain text.
  }
  return { message: `${request} was answered ${httpStatus}: ${text.slice(0, 200).trim()}` };
}

function target(
  server: string,
  path: string,
  query: Exchange['query'] = {},
): { readonly origin: string; readonly path: string } {
  const url = new URL(server + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return { origin: url.origin, path: url.pathname + url.search };
}

function sameCertificate(a: Credential['certificate'], b: Credential['certificate']): boolean {
  return a?.cert === b?.cert && a?.key === b?.key;
}
