import type { NulHandling } from './body.ts';
import type { RawQuery } from './query.ts';

/** Who asks: the name that basic authentication established, or what the mode of authentication calls everybody. */
export interface Principal {
  readonly name: string;
}

/** A request as the handlers see it: negotiated, authenticated, parsed. */
export interface ApiRequest {
  readonly minor: number;
  /** `http://host:port` for links. */
  readonly base: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: RawQuery;
  /** Parsed JSON; undefined for no body. */
  readonly body: unknown;
  readonly principal: Principal;
  readonly requestId: string;
}

export interface ApiReply {
  readonly status: number;
  /** JSON text. */
  readonly json?: string | Buffer;
  /** Path after `<base>`, for the Location header. */
  readonly location?: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One endpoint. Paths are Fastify's, from `/v1` on. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  /** Open to everybody whatever the mode of authentication. */
  readonly public?: boolean;
  /** Largest body in bytes, where it differs from the server's own limit. */
  readonly bodyLimit?: number;
  /** Whether NUL characters in the body are a mistake of the caller (the default) or noise to be dropped. */
  readonly nul?: NulHandling;
  /** The first minor version that knows the endpoint; older ones get `before` (404 unless said otherwise). */
  readonly since?: number;
  readonly before?: 404 | 405 | 406;
  readonly handle: (request: ApiRequest) => ApiReply | Promise<ApiReply>;
}

export const ok = (json: string | Buffer): ApiReply => ({ status: 200, json });
export const okObject = (value: unknown): ApiReply => ({ status: 200, json: JSON.stringify(value) });
export const created = (json: string, location: string): ApiReply => ({ status: 201, json, location });
export const noContent: ApiReply = { status: 204 };
export const accepted = (location?: string): ApiReply =>
  location === undefined ? { status: 202 } : { status: 202, location };
