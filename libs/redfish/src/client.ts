import { RedfishError } from './errors.ts';
import { textAt } from './json.ts';
import { type CallOptions, type RedfishMethod, type RedfishReply, statusError, type Transport } from './transport.ts';

export type AuthType = 'auto' | 'session' | 'basic';

export interface RedfishCredentials {
  readonly username: string;
  readonly password: string;
}

/** A BMC short of sessions may throw ours out again before it is used. */
const loginsPerCall = 4;
const defaultSessionsPath = '/redfish/v1/SessionService/Sessions';

interface Session {
  readonly token: string;
  readonly path: string | undefined;
}

/**
 * A BMC with authentication and ETags. Sessions are shared by all callers of one BMC and deleted on `close`, since session
 * tables hold as few as four; a lapsed session is opened again on the first 401.
 */
export class RedfishClient {
  readonly #transport: Transport;
  readonly #credentials: RedfishCredentials | undefined;
  readonly #etags = new Map<string, string>();
  #mode: AuthType;
  #session: Session | undefined;
  #login: Promise<Session | undefined> | undefined;

  constructor(transport: Transport, credentials: RedfishCredentials | undefined, authType: AuthType = 'auto') {
    this.#transport = transport;
    this.#credentials = credentials;
    this.#mode = authType;
  }

  get origin(): string {
    return this.#transport.origin;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** Reads a resource and remembers its ETag for a later `patch`. */
  async get(path: string, options: CallOptions = {}): Promise<RedfishReply> {
    const reply = await this.#authorized('GET', path, {}, undefined, options);
    const etag = reply.etag ?? textAt(reply.body, '@odata.etag');
    if (etag === undefined) this.#etags.delete(path);
    else this.#etags.set(path, etag);
    return reply;
  }

  async post(path: string, body: unknown, options: CallOptions = {}): Promise<RedfishReply> {
    return this.#authorized('POST', path, {}, body, options);
  }

  /** Something that is gone already is no error. `body`: of the few deletions that take parameters. */
  async delete(path: string, options: CallOptions = {}, body?: unknown): Promise<RedfishReply> {
    return this.#authorized('DELETE', path, {}, body, options, [404]);
  }

  /**
   * Changes a resource under its ETag. On 412 the resource is read again and the change repeated with the fresh tag, then with
   * the strong form of a weak tag, then with none: BMCs exist that only accept one of these.
   */
  async patch(path: string, body: unknown, options: CallOptions = {}): Promise<RedfishReply> {
    const known = this.#etags.get(path);
    let reply = await this.#conditional(path, body, known, options);
    if (reply.status === 412 || reply.status === 428) {
      await this.get(path, options);
      const fresh = this.#etags.get(path);
      if (fresh !== undefined) reply = await this.#conditional(path, body, fresh, options);
      if (reply.status === 412 && fresh?.startsWith('W/') === true) {
        reply = await this.#conditional(path, body, fresh.slice(2), options);
      }
      if (reply.status === 412) reply = await this.#conditional(path, body, undefined, options);
    }
    this.#etags.delete(path);
    if (reply.status >= 400) throw statusError('PATCH', path, this.origin, reply);
    if (reply.etag !== undefined) this.#etags.set(path, reply.etag);
    return reply;
  }

  #conditional(path: string, body: unknown, etag: string | undefined, options: CallOptions): Promise<RedfishReply> {
    const headers = etag === undefined ? {} : { 'if-match': etag };
    return this.#authorized('PATCH', path, headers, body, options, [412, 428]);
  }

  async #authorized(
    method: RedfishMethod,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
    options: CallOptions,
    expect: readonly number[] = [],
  ): Promise<RedfishReply> {
    for (let login = 1; ; login += 1) {
      const { headers: proof, session } = await this.#identity(options);
      const allowed = { ...headers, ...proof };
      const reply = await this.#transport.send(method, path, allowed, body, options, [...expect, 401]);
      if (reply.status !== 401) {
        // A login that was refused, and a password that is right: there are no sessions to be had, and asking again might lock the account.
        if (session === undefined && this.#mode === 'auto') this.#mode = 'basic';
        return reply;
      }
      if (session === undefined || login >= loginsPerCall) throw statusError(method, path, this.origin, reply);
      // A 401 means that nothing was done, so the replay is safe for every method.
      if (this.#session === session) this.#session = undefined;
    }
  }

  async #identity(
    options: CallOptions,
  ): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly session?: Session }> {
    const credentials = this.#credentials;
    if (credentials === undefined) return { headers: {} };
    if (this.#mode !== 'basic') {
      this.#session ??= await this.#sharedLogin(credentials, options);
      const session = this.#session;
      if (session !== undefined) return { headers: { 'x-auth-token': session.token }, session };
    }
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    return { headers: { authorization: `Basic ${pair}` } };
  }

  async #sharedLogin(credentials: RedfishCredentials, options: CallOptions): Promise<Session | undefined> {
    // One login for all callers; it does not die with the caller that happened to be first.
    this.#login ??= this.#openSession(credentials, { timeoutMs: options.timeoutMs }).finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  async #openSession(credentials: RedfishCredentials, options: CallOptions): Promise<Session | undefined> {
    const body = { UserName: credentials.username, Password: credentials.password };
    const fallback = this.#mode === 'auto' ? [400, 401, 403, 404, 405, 501] : [404];
    let path = defaultSessionsPath;
    let reply = await this.#transport.send('POST', path, {}, body, options, fallback);
    if (reply.status === 404) {
      const root = await this.#transport.send('GET', '/redfish/v1/', {}, undefined, options, [401, 404]);
      const linked = textAt(root.body, 'Links', 'Sessions', '@odata.id');
      if (linked !== undefined && linked !== path) {
        path = linked;
        reply = await this.#transport.send('POST', path, {}, body, options, fallback);
      }
    }
    const token = reply.status < 300 ? reply.token : undefined;
    if (token !== undefined) {
      const location = reply.location ?? textAt(reply.body, '@odata.id');
      return { token, path: location === undefined ? undefined : pathOf(location) };
    }
    if (this.#mode === 'session') throw statusError('POST', path, this.origin, reply);
    // Without sessions the BMC is spoken to with basic authentication from now on; a wrong password shows there as a 401.
    if (reply.status !== 401) this.#mode = 'basic';
    return undefined;
  }

  /** Deletes the session at the BMC, if one is open. Errors are swallowed: the session then lapses by itself. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    try {
      if (session?.path !== undefined) {
        const headers = { 'x-auth-token': session.token };
        await this.#transport.send('DELETE', session.path, headers, undefined, { timeoutMs: 2_000, attempts: 1 });
      }
    } catch (error) {
      if (!RedfishError.is(error)) throw error;
    } finally {
      await this.#transport.close();
    }
  }
}

/** Path of an absolute or relative reference; BMCs answer either in `Location`. */
export function pathOf(reference: string): string {
  if (reference.startsWith('/')) return reference;
  return URL.canParse(reference) ? new URL(reference).pathname : `/${reference}`;
}
