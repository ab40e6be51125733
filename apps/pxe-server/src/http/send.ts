import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
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
  const sent = finished(response);
  const gone = new AbortController();
  sent.catch((error: unknown) => gone.abort(error));
  for await (const chunk of file.read(first, length)) {
    gone.signal.throwIfAborted();
    if (!response.write(chunk)) await drained(response, gone.signal);
  }
  response.end();
  await sent;
  return length;
}

/** Resolves when the socket takes more; rejects when the reader is gone. */
function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      response.off('drain', settle);
      gone.removeEventListener('abort', settle);
      if (gone.aborted) reject(gone.reason as Error);
      else resolve();
    };
    response.once('drain', settle);
    gone.addEventListener('abort', settle, { once: true });
    if (gone.aborted) settle();
  });
}

/** BMCs read some tens of KiB at a time; this is as much as one read brings for those who take everything. */
const chunkSize = 256 * 1024;

/** Part of a file on disk. @throws Error when the file is shorter than that */
export async function* readFilePart(path: string, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (let at = 0; at < length;) {
      const wanted = Math.min(chunkSize, length - at);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, offset + at);
      if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
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
