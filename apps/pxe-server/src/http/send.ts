import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyPart, BodySender } from './body.ts';
import { isNotModified, readRange, type ByteRange } from './range.ts';

/** Something that can be sent by range. */
export interface Sendable {
  /** Bytes. */
  readonly size: number;
  /** Strong validator, with quotes. */
  readonly etag: string;
  readonly type: string;
  parts(offset: number, length: number): Iterable<BodyPart>;
}

/** Answers GET and HEAD with ranges and validators. Returns the number of body bytes sent. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: Sendable,
  body: BodySender,
): Promise<number> {
  const { size, etag, type } = file;
  const headers = { etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-transform' };
  if (isNotModified(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return 0;
  }
  const condition = request.headers['if-range'];
  // Ranges are defined for GET alone (RFC 9110 14.2).
  const ranged = request.method === 'GET' && (condition === undefined || condition === etag);
  const range = readRange(ranged ? request.headers.range : undefined, size);
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${size}`, 'content-length': 0 }).end();
    return 0;
  }
  if (range.kind === 'parts' && range.ranges.length > 1) {
    return sendMultipart(response, file, range.ranges, headers, body);
  }
  const { first, last } = range.kind === 'parts' ? range.ranges[0] : { first: 0, last: size - 1 };
  const length = last - first + 1;
  response.writeHead(range.kind === 'parts' ? 206 : 200, {
    ...headers,
    'content-type': type,
    'content-length': length,
    ...(range.kind === 'parts' ? { 'content-range': `bytes ${first}-${last}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return 0;
  }
  return body.send(response, file.parts(first, length), length);
}

/** RFC 9110 14.6. The boundary follows from the validator, so the answer is the same on every replica. */
function sendMultipart(
  response: ServerResponse,
  { size, etag, type, parts }: Sendable,
  ranges: readonly ByteRange[],
  headers: Readonly<Record<string, string>>,
  body: BodySender,
): Promise<number> {
  const boundary = `metal3-${etag.replace(/\W/g, '').slice(0, 40)}`;
  const heads = ranges.map(({ first, last }, index) =>
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\ncontent-type: ${type}\r\n` +
        `content-range: bytes ${first}-${last}/${size}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const bytesOf = ({ first, last }: ByteRange) => last - first + 1;
  const length = ranges.reduce((sum, range, index) => sum + bytesOf(range) + (heads[index]?.length ?? 0), tail.length);
  response.writeHead(206, {
    ...headers,
    'content-type': `multipart/byteranges; boundary=${boundary}`,
    'content-length': length,
  });
  const all = function* (): Generator<BodyPart> {
    for (const [index, range] of ranges.entries()) {
      yield { kind: 'bytes', bytes: heads[index] ?? tail };
      yield* parts(range.first, bytesOf(range));
    }
    yield { kind: 'bytes', bytes: tail };
  };
  return body.send(response, all(), length);
}

/** Sends a short text. */
export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  extra = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...extra,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
