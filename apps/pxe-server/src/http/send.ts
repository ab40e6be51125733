import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isNotModified, readRange } from './range.ts';

/** Something that can be sent by range. */
export interface Sendable {
  /** Bytes. */
  readonly size: number;
  /** Strong validator, with quotes. */
  readonly etag: string;
  readonly type: string;
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
}

/** Answers GET and HEAD with ranges and validators. Returns the number of body bytes sent. */
export async function send(request: IncomingMessage, response: ServerResponse, file: Sendable): Promise<number> {
  const { size, etag, type } = file;
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': type, 'cache-control': 'private, no-transform' };
  if (isNotModified(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return 0;
  }
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag ? readRange(request.headers.range, size) : readRange(undefined, size);
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${size}`, 'content-length': 0 }).end();
    return 0;
  }
  const [first, last] = range.kind === 'part' ? [range.first, range.last] : [0, size - 1];
  const length = last - first + 1;
  response.writeHead(range.kind === 'part' ? 206 : 200, {
    ...headers,
    'content-length': length,
    ...(range.kind === 'part' ? { 'content-range': `bytes ${first}-${last}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return 0;
  }
  await pipeline(Readable.from(file.read(first, length), { objectMode: false, highWaterMark: 1024 * 1024 }), response);
  return length;
}

/** Part of a file on disk. */
export function readFilePart(path: string, offset: number, length: number): AsyncIterable<Uint8Array> {
  return createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: 256 * 1024 });
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
