import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A web server that images are downloaded from, with the ills of one when a journey asks for them. */
export interface FileServer {
  readonly url: string;
  /** Offers a file or a text under a name, and gives its URL. */
  readonly offer: (name: string, content: { readonly file: string } | { readonly text: string }) => string;
  /** Complete or begun downloads of that name so far. */
  readonly downloads: (name: string) => number;
  /** Slows every download to so many bytes per second; undefined for full speed. */
  readonly throttle: (bytesPerSecond: number | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function startFileServer(host: string): Promise<FileServer> {
  const offers = new Map<string, { readonly file: string } | { readonly text: string }>();
  const counts = new Map<string, number>();
  let rate: number | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://lab').pathname.slice(1));
    const content = offers.get(name);
    if (content === undefined) return void response.writeHead(404).end(`there is no ${name}\n`);
    const size = 'file' in content ? statSync(content.file).size : Buffer.byteLength(content.text);
    // A BMC reads a ready-made ISO in ranges; whatever else asks for one gets the whole.
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(first ?? 0);
    const end = Math.min(last === undefined || last === '' ? size - 1 : Number(last), size - 1);
    const partial = first !== undefined && start <= end;
    response.writeHead(partial ? 206 : 200, {
      'content-length': partial ? end - start + 1 : size,
      'accept-ranges': 'bytes',
      ...(partial ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    if (request.method === 'HEAD') return void response.end();
    if (partial && 'file' in content) {
      await pipeline(createReadStream(content.file, { start, end }), response);
      return;
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if ('text' in content) return void response.end(content.text);
    const brake = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const pause = rate === undefined ? 0 : (chunk.length / rate) * 1000;
        void delay(pause).then(() => done(null, chunk));
      },
    });
    await pipeline(createReadStream(content.file, { highWaterMark: 128 * 1024 }), brake, response);
  };

  const server = createServer((request, response) => {
    // A client that goes away in the middle is what some journeys are about.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    offer: (name, content) => {
      offers.set(name, content);
      return `${url}/${name}`;
    },
    downloads: (name) => counts.get(name) ?? 0,
    throttle: (bytesPerSecond) => void (rate = bytesPerSecond),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
