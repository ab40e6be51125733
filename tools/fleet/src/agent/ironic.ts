import { NetworkError, type HttpClient, type Trust } from '../http/client.ts';

/** What an agent learns at look-up. */
export interface LookupReply {
  readonly nodeUuid: string;
  /** The node, as far as agents are told of it. */
  readonly node: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
  readonly heartbeatTimeout: number;
  readonly md5Allowed: boolean;
}

export interface Heartbeat {
  readonly nodeUuid: string;
  readonly callbackUrl: string;
  readonly token: string | undefined;
  readonly certificate: string;
}

type Version = readonly [major: number, minor: number];

export const agentVersion = '13.0.0';
const oldest: Version = [1, 31];
const highest = { lookup: 62, heartbeat: 68, agentVersion: 36, token: 62, certificate: 68 } as const;
const jsonHeaders = { 'Content-Type': 'application/json', Accept: 'application/json' } as const;

/** The agent's client of the provisioning API: version first, then look-up and heartbeats with the headers of the real one. */
export class IronicApi {
  readonly #http: HttpClient;
  readonly #trust: Trust;
  readonly #signal: AbortSignal;
  readonly #requestId: string | undefined;
  #urls: readonly string[];
  #version: Version | undefined;

  constructor(
    urls: string,
    options: { http: HttpClient; trust: Trust; signal: AbortSignal; requestId: string | undefined },
  ) {
    this.#urls = urls.split(',').map((url) => url.replace(/\/+$/, ''));
    this.#http = options.http;
    this.#trust = options.trust;
    this.#signal = options.signal;
    this.#requestId = options.requestId;
  }

  /** One look-up. @returns 'locked' on 409, and a reason for any other answer than a sound 200 */
  async lookup(
    addresses: readonly string[],
    nodeUuid: string | undefined,
  ): Promise<LookupReply | 'locked' | { reason: string }> {
    const query = new URLSearchParams({
      addresses: addresses.join(','),
      ...(nodeUuid === undefined ? {} : { node_uuid: nodeUuid }),
    });
    try {
      const { status, body } = await this.#request('GET', `/v1/lookup?${query}`, highest.lookup);
      if (status === 409) return 'locked';
      if (status !== 200) return { reason: `look-up answered ${status}: ${body.toString('utf8').slice(0, 300)}` };
      return readLookup(JSON.parse(body.toString('utf8')) as unknown);
    } catch (error) {
      this.#signal.throwIfAborted();
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** One heartbeat. @returns undefined when accepted (202), else what was answered instead */
  async heartbeat({ nodeUuid, callbackUrl, token, certificate }: Heartbeat): Promise<string | undefined> {
    try {
      const [, minor] = await this.#apiVersion();
      const body = {
        callback_url: callbackUrl,
        ...(minor >= highest.token ? { agent_token: token ?? null } : {}),
        ...(minor >= highest.agentVersion ? { agent_version: agentVersion } : {}),
        ...(minor >= highest.certificate ? { agent_verify_ca: certificate } : {}),
      };
      const reply = await this.#request('POST', `/v1/heartbeat/${nodeUuid}`, highest.heartbeat, JSON.stringify(body));
      return reply.status === 202 ? undefined : `${reply.status}: ${reply.body.toString('utf8').slice(0, 300)}`;
    } catch (error) {
      this.#signal.throwIfAborted();
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #request(method: 'GET' | 'POST', path: string, cap: number, body?: string) {
    const [major, minor] = await this.#apiVersion();
    return this.#send(method, path, body, { 'X-OpenStack-Ironic-API-Version': `${major}.${Math.min(minor, cap)}` });
  }

  /** The newest version the API offers, from its root document; the oldest one known when that cannot be read. */
  async #apiVersion(): Promise<Version> {
    if (this.#version !== undefined) return this.#version;
    try {
      const { body } = await this.#send('GET', '/', undefined, {});
      const document = JSON.parse(body.toString('utf8')) as { default_version?: { version?: string } };
      const [major, minor] = (document.default_version?.version ?? '').split('.').map(Number);
      if (major === undefined || minor === undefined || Number.isNaN(minor)) return oldest;
      return (this.#version = [major, minor]);
    } catch {
      this.#signal.throwIfAborted();
      return oldest;
    }
  }

  /** Tries each URL in turn on connection errors; the one that worked goes first from then on. */
  async #send(method: 'GET' | 'POST', path: string, body: string | undefined, extra: Readonly<Record<string, string>>) {
    const headers = {
      ...jsonHeaders,
      ...extra,
      ...(this.#requestId === undefined ? {} : { 'X-OpenStack-Request-ID': this.#requestId }),
    };
    const options = {
      method,
      headers,
      signal: this.#signal,
      trust: this.#trust,
      ...(body === undefined ? {} : { body }),
    };
    let last: unknown = new NetworkError(path, 'no API URL is known');
    for (const [index, url] of this.#urls.entries()) {
      try {
        const reply = await this.#http.fetch(`${url}${path}`, options);
        this.#urls = [...this.#urls.slice(index), ...this.#urls.slice(0, index)];
        return reply;
      } catch (error) {
        this.#signal.throwIfAborted();
        last = error;
      }
    }
    throw last;
  }
}

function readLookup(value: unknown): LookupReply | { reason: string } {
  const { node, config } = (value ?? {}) as { node?: Record<string, unknown>; config?: Record<string, unknown> };
  if (typeof node?.['uuid'] !== 'string' || typeof config !== 'object')
    return { reason: 'the look-up reply has no node.uuid or config' };
  const { agent_token: token, heartbeat_timeout: timeout, agent_md5_checksum_enable: md5 } = config;
  return {
    nodeUuid: node['uuid'],
    node,
    token: typeof token === 'string' && token !== '' ? token : undefined,
    heartbeatTimeout: typeof timeout === 'number' ? timeout : 300,
    md5Allowed: md5 === true,
  };
}
