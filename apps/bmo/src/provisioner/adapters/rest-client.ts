import { context, propagation } from '@opentelemetry/api';
import { Agent, request } from 'undici';
import type { Json, JsonObject } from '../../kernel.ts';
import { ProvisionerError, type ProvisionerErrorCode } from '../errors.ts';

export interface RestSettings {
  /** With or without the trailing /v1/. */
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined;
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        readonly insecure: boolean;
        /** Whatever name the certificate is made out to. */
        readonly skipNameCheck?: boolean;
      }
    | undefined;
}

export interface RestClient {
  /** The API microversion in use, e.g. 95 for 1.95. */
  readonly version: number;
  /** Finds out which version to speak, and that there is a conductor. @throws ProvisionerError unavailable */
  connect(): Promise<void>;
  /** @param path relative to /v1, e.g. "nodes?fields=uuid" */
  call(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: Json): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Lowest version that has what BMO cannot do without, and those that have more which it uses. */
const versions = [110, 109, 95, 93, 89] as const;

/** Ironic's REST API: one connection pool, one microversion. */
export function restClient({ endpoint, timeoutMs, basicAuth, tls }: RestSettings): RestClient {
  const root = endpoint.replace(/\/+$/, '').replace(/\/v1$/, '');
  const dispatcher = new Agent({
    connect: {
      timeout: timeoutMs,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined || tls.key === undefined ? {} : { cert: tls.cert, key: tls.key }),
      ...(tls?.insecure === true ? { rejectUnauthorized: false } : {}),
      ...(tls?.skipNameCheck === true ? { checkServerIdentity: () => undefined } : {}),
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const authorization =
    basicAuth && `Basic ${Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')}`;
  let version = 0;

  const send = async (
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    body: Json | undefined,
  ): Promise<JsonObject> => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(version === 0
        ? {}
        : { 'x-openstack-ironic-api-version': `1.${version}`, 'openstack-api-version': `baremetal 1.${version}` }),
    };
    propagation.inject(context.active(), headers);
    let status: number;
    let content: string;
    try {
      const response = await request(url, {
        method,
        headers,
        dispatcher,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.statusCode;
      content = await response.body.text();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ProvisionerError('unavailable', `Ironic at ${root} cannot be reached: ${why}`, { cause: error });
    }
    if (status < 300) return content === '' ? {} : (JSON.parse(content) as JsonObject);
    throw new ProvisionerError(
      codeOf(status, content),
      `${method} ${url.slice(root.length)}: ${faultOf(content) || `status ${status}`}`,
    );
  };

  return {
    get version() {
      return version;
    },
    async connect() {
      version = 0;
      const discovery = await send('GET', `${root}/`, undefined);
      const offered = (discovery['default_version'] ?? {}) as { readonly version?: string };
      const highest = Number(/^1\.(\d+)$/.exec(offered.version ?? '')?.[1] ?? 0);
      const chosen = versions.find((each) => each <= highest);
      if (chosen === undefined) {
        throw new ProvisionerError(
          'refused',
          `Ironic at ${root} speaks up to 1.${highest}; version 1.89 or newer is needed`,
        );
      }
      version = chosen;
      const { drivers } = await send('GET', `${root}/v1/drivers`, undefined);
      if (!Array.isArray(drivers) || drivers.length === 0) {
        version = 0;
        throw new ProvisionerError('unavailable', `Ironic at ${root} has no conductor yet`);
      }
    },
    async call(method, path, body) {
      if (version === 0) await this.connect();
      return send(method, `${root}/v1/${path}`, body);
    },
    close: () => dispatcher.close(),
  };
}

function codeOf(status: number, content: string): ProvisionerErrorCode {
  if (status === 404) return 'absent';
  // Ironic answers 409 both to "busy" and to "there is one already".
  if (status === 409) return /already exists|already (in use|taken)|duplicate/i.test(content) ? 'conflict' : 'busy';
  if (status === 401 || status === 403) return 'denied';
  if (status === 429 || status >= 500) return 'unavailable';
  return 'refused';
}

/** Ironic wraps its errors: a JSON document within a string, or an object, depending on who refuses. */
function faultOf(content: string): string {
  try {
    const body = JSON.parse(content) as { readonly error_message?: unknown };
    const inner: unknown = typeof body.error_message === 'string' ? JSON.parse(body.error_message) : body.error_message;
    if (typeof inner === 'object' && inner !== null && 'faultstring' in inner) return String(inner.faultstring);
    return String(body.error_message ?? '');
  } catch {
    return content.slice(0, 300);
  }
}
