import { gunzipSync } from 'node:zlib';
import { type Dispatcher, Pool } from 'undici';
import { RedfishError, transportError } from './errors.ts';
import { linksAt, listAt, textAt } from './json.ts';
import { lastMoment } from './last-moment.ts';

/** The time as the client needs it: milliseconds now, and an abortable pause. */
export interface RedfishClock {
  /** Milliseconds; only differences mean something. */
  monotonic(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export type RedfishMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** How one call may run: `signal` ends it at once, `timeoutMs` bounds one HTTP exchange, `attempts` bounds retries of what is safe to retry. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
  /**
   * Asked in the instant before each request is written; false keeps it from being sent. A process that was stopped (SIGSTOP) may go on with a
   * request it no longer has the right to make: its timers and signals run too late for that.
   */
  readonly mayStart?: (() => boolean) | undefined;
}

/** One finished HTTP exchange, for logs and counters; never holds bodies or credentials. */
export interface RedfishExchange {
  readonly origin: string;
  readonly method: RedfishMethod;
  readonly path: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly milliseconds: number;
}

export interface RedfishReply {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | undefined;
  readonly location: string | undefined;
  /** `X-Auth-Token`, only ever on the reply to a login. */
  readonly token: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

export interface TransportSettings {
  /** `https://bmc.example` without a path. */
  readonly origin: string;
  readonly tls: { readonly verify: boolean; readonly ca?: string | undefined };
  readonly clock: RedfishClock;
  readonly onExchange?: ((exchange: RedfishExchange) => void) | undefined;
  /** Connections held to one BMC at most; BMCs serve few. */
  readonly connections?: number | undefined;
}

const defaultTimeoutMs = 30_000;
const defaultAttempts = 2;
const maximumReplyBytes = 8 * 1024 * 1024;

/** HTTP to one BMC over a kept-alive pool: time-outs, classification and the retries that are always safe. No authentication. */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #pool: Dispatcher;
  /** What bodies may be sent in: plain, until the BMC refuses that. */
  #encoding: 'identity' | 'gzip' = 'identity';

  constructor(settings: TransportSettings) {
    this.#settings = settings;
    this.#pool = new Pool(settings.origin, {
      connections: settings.connections ?? 16,
      pipelining: 1,
      keepAliveTimeout: 20_000,
      connectTimeout: 10_000,
      maxResponseSize: maximumReplyBytes,
      connect: {
        rejectUnauthorized: settings.tls.verify,
        ...(settings.tls.ca === undefined ? {} : { ca: settings.tls.ca }),
      },
    }).compose(lastMoment);
  }

  get origin(): string {
    return this.#settings.origin;
  }

  get clock(): RedfishClock {
    return this.#settings.clock;
  }

  /**
   * Sends one request; resolves for 2xx and 3xx and for the statuses in `expect`.
   * A 503 or 429, and a request that never reached the BMC, are tried again with growing pauses; a change without an answer is not.
   */
  async send(
    method: RedfishMethod,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
    options: CallOptions,
    expect: readonly number[] = [],
  ): Promise<RedfishReply> {
    const attempts = options.attempts ?? defaultAttempts;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const encoding = this.#encoding;
        const reply = await this.#exchange(method, path, headers, body, options);
        if (reply.status < 400 || expect.includes(reply.status)) return reply;
        if (reply.status === 406 && encoding === 'identity') {
          this.#encoding = 'gzip'; // nothing was performed, so that any method may be sent again
          attempt -= 1;
          continue;
        }
        throw statusError(method, path, this.origin, reply);
      } catch (error) {
        if (!RedfishError.is(error) || error.kind !== 'transient' || attempt >= attempts) throw error;
        const pause = Math.min((error.retryAfterSeconds ?? 0.25 * 2 ** (attempt - 1)) * 1000, 5_000);
        await this.clock.sleep(pause, options.signal);
      }
    }
  }

  async #exchange(
    method: RedfishMethod,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
    options: CallOptions,
  ): Promise<RedfishReply> {
    const request = { method, path, origin: this.origin };
    const started = this.clock.monotonic();
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    let status = 0;
    try {
      options.signal?.throwIfAborted();
      const call = {
        method,
        path,
        // Time-outs of the client rather than a signal each: thousands of timers that fire long after the answer cost more than it.
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.mayStart === undefined ? {} : { mayStart: options.mayStart }),
        headers: {
          accept: 'application/json',
          'odata-version': '4.0',
          // Some BMCs send what is no gzip when offered it; HPE Gen10 and later answer 406 unless it is.
          'accept-encoding': this.#encoding,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      } as const;
      const response = await this.#pool.request({ origin: this.origin, ...call });
      status = response.statusCode;
      const bytes = Buffer.from(await response.body.arrayBuffer());
      const zipped = header(response.headers, 'content-encoding') === 'gzip';
      const text = (zipped ? gunzipSync(bytes, { maxOutputLength: maximumReplyBytes }) : bytes).toString('utf8');
      return {
        status,
        body: parseBody(text),
        etag: header(response.headers, 'etag'),
        location: header(response.headers, 'location'),
        token: header(response.headers, 'x-auth-token'),
        retryAfterSeconds: retryAfter(header(response.headers, 'retry-after')),
      };
    } catch (error) {
      if (options.signal?.aborted === true || options.mayStart?.() === false) {
        throw new RedfishError(`${method} ${this.origin}${path}: given up by the caller`, {
          ...request,
          kind: 'aborted',
          cause: error,
        });
      }
      throw transportError(error, request, method !== 'GET');
    } finally {
      this.#settings.onExchange?.({ ...request, status, milliseconds: this.clock.monotonic() - started });
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === '' ? undefined : first;
}

function retryAfter(value: string | undefined): number | undefined {
  const seconds = value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Turns a refused reply into an error that carries the BMC's own words (DSP0266 extended error information). */
export function statusError(method: string, path: string, origin: string, reply: RedfishReply): RedfishError {
  const extended = listAt(reply.body, 'error', '@Message.ExtendedInfo');
  const words = extended.map((item) => textAt(item, 'Message')).filter((item): item is string => item !== undefined);
  const summary = words[0] ?? textAt(reply.body, 'error', 'message') ?? 'no explanation given';
  const ids = [textAt(reply.body, 'error', 'code'), ...extended.map((item) => textAt(item, 'MessageId'))].filter(
    (item): item is string => item !== undefined,
  );
  return new RedfishError(`${method} ${origin}${path}: HTTP ${reply.status}: ${summary}`, {
    kind: kindOf(reply.status, ids, method),
    method,
    path,
    origin,
    status: reply.status,
    messageIds: ids,
    retryAfterSeconds: reply.retryAfterSeconds,
  });
}

function kindOf(status: number, messageIds: readonly string[], method: string): RedfishError['kind'] {
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'config';
  if (status === 405 || status === 501) return 'unsupported';
  if (status === 503 || status === 429 || status === 408 || status === 502 || status === 504) return 'transient';
  // iDRAC: not ready; iLO: refused in the current state. Both mean "later", whatever the status.
  if (messageIds.some((id) => /SYS518|InvalidOperationForSystemState|UnableToModifyDuringSystemPOST/.test(id))) {
    return 'transient';
  }
  if (status >= 500) return method === 'GET' ? 'transient' : 'unknown';
  return 'refused';
}

/** Paths of the members of a collection body. */
export function members(body: unknown): readonly string[] {
  return linksAt(body, 'Members');
}
