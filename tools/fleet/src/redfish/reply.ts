import { crc32 } from 'node:zlib';
import { json, type Call, type Reply } from '../http/server.ts';
import { RedfishError } from './error.ts';
import { isRecord, type Answer, type RedfishRequest } from './request.ts';
import type { Match } from './routes.ts';

export const commonHeaders = { 'odata-version': '4.0', 'cache-control': 'no-store' };

/** Carries out a request on the resource its path matched. @throws RedfishError */
export async function perform({ route }: Match, request: RedfishRequest): Promise<Reply> {
  const { call } = request;
  const methods = {
    GET: route.get ?? route.read,
    HEAD: route.get ?? route.read,
    PATCH: route.patch,
    POST: route.post,
    DELETE: route.delete,
  };
  const allow = Object.entries(methods)
    .filter(([, handler]) => handler !== undefined)
    .map(([method]) => method)
    .join(', ');
  const { get, read } = route;
  if (call.method === 'GET' || call.method === 'HEAD') {
    if (get !== undefined) return represented(get(request), allow, request);
    if (read !== undefined) return written(await read(request));
  }
  const handler =
    call.method === 'PATCH'
      ? route.patch
      : call.method === 'POST'
        ? route.post
        : call.method === 'DELETE'
          ? route.delete
          : undefined;
  if (handler === undefined) throw new RedfishError('OperationNotAllowed', [], { headers: { allow } });
  const condition = call.headers['if-match'];
  if (call.method === 'PATCH' && condition !== undefined && get !== undefined) {
    const { weakTags } = request.machine.personality;
    if (!matchesTag(condition, etag(get(request)), !weakTags)) throw new RedfishError('PreconditionFailed');
  }
  return written(await handler(request));
}

/** A representation with its tag in header and body. */
function represented(body: Record<string, unknown>, allow: string, { call, machine }: RedfishRequest): Reply {
  const strong = etag(body);
  const tag = machine.personality.weakTags ? `W/${strong}` : strong;
  const headers = { ...commonHeaders, etag: tag, allow };
  if (call.headers['if-none-match'] === tag) return { status: 304, headers };
  return json(200, { '@odata.id': body['@odata.id'], '@odata.etag': tag, ...body }, headers);
}

function written({ status, body, headers = {} }: Answer): Reply {
  const all = { ...commonHeaders, ...headers };
  if (body === undefined) return { status, headers: all };
  return json(status, body, status === 200 && isRecord(body) ? { ...all, etag: etag(body) } : all);
}

/** The tag of a representation follows from its content; the clock in it does not count. */
function etag(body: Record<string, unknown>): string {
  const text = JSON.stringify({ ...body, DateTime: undefined });
  return `"${crc32(text).toString(16).padStart(8, '0')}"`;
}

function matchesTag(condition: string, tag: string, takesWeak: boolean): boolean {
  const given = condition.split(',').map((part) => part.trim());
  return given.some((part) => part === '*' || part === tag || (takesWeak && part === `W/${tag}`));
}

/** The JSON object of a request; empty when there is no body. @throws RedfishError MalformedJSON */
export function bodyOf(call: Call): Record<string, unknown> {
  if (call.body.length === 0) return {};
  try {
    const value = JSON.parse(call.body.toString('utf8')) as unknown;
    if (isRecord(value)) return value;
  } catch {
    // told below
  }
  throw new RedfishError('MalformedJSON');
}

/** A reply to GET and HEAD alone. @throws RedfishError OperationNotAllowed */
export function only(call: Call, allow: string, reply: () => Reply): Reply {
  if (call.method === 'GET' || call.method === 'HEAD') return reply();
  throw new RedfishError('OperationNotAllowed', [], { headers: { allow } });
}

/** A representation without conditions. */
export function ok(body: Record<string, unknown>): Reply {
  return json(200, body, { ...commonHeaders, etag: etag(body) });
}
