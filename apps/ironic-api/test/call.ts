import type { FastifyInstance } from 'fastify';

/** A reply, taken apart. */
export interface Reply<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: T;
  /** The sentence inside an error's wrapping. */
  readonly fault: string | undefined;
}

interface Options {
  readonly version?: string;
}

export interface Caller {
  get<T = unknown>(url: string, options?: Options): Promise<Reply<T>>;
  post<T = unknown>(url: string, body?: unknown, options?: Options): Promise<Reply<T>>;
  put<T = unknown>(url: string, body?: unknown, options?: Options): Promise<Reply<T>>;
  patch<T = unknown>(url: string, body: unknown, options?: Options): Promise<Reply<T>>;
  delete<T = unknown>(url: string, options?: Options): Promise<Reply<T>>;
}

/** Requests without a socket, at version 1.90 unless said otherwise. */
export function call(rest: FastifyInstance): Caller {
  const send = async <T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body: unknown,
    options: Options = {},
  ): Promise<Reply<T>> => {
    const reply = await rest.inject({
      method,
      url,
      headers: {
        ...(options.version === '' ? {} : { 'x-openstack-ironic-api-version': options.version ?? '1.90' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const parsed = reply.payload === '' ? undefined : (JSON.parse(reply.payload) as T & { error_message?: string });
    const inner =
      parsed?.error_message === undefined ? undefined : (JSON.parse(parsed.error_message) as Record<string, string>);
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: parsed as T,
      fault: inner?.['faultstring'] ?? inner?.['description'],
    };
  };
  return {
    get: (url, options) => send('GET', url, undefined, options),
    post: (url, body, options) => send('POST', url, body, options),
    put: (url, body, options) => send('PUT', url, body, options),
    patch: (url, body, options) => send('PATCH', url, body, options),
    delete: (url, options) => send('DELETE', url, undefined, options),
  };
}
