import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BootEntrySchema } from '@metal3/boot-client';
import { systemClock } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { bootEntries } from '../boot/entries.ts';
import { bootMedia } from '../boot/media.ts';
import { bootEvents } from '../events/boot-events.ts';
import type { LocalFile } from '../files/ports.ts';
import { bodySender } from './body.ts';
import { serveBoot } from './boot-routes.ts';
import { httpListener, type HttpListener } from './listener.ts';
import { openFiles } from './open-files.ts';

const capability = 'cap-known';
let folder: string;
let listener: HttpListener;
let whole: Buffer;
let metrics: () => Promise<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const file = async (name: string, size: number): Promise<LocalFile> => {
    const bytes = Buffer.alloc(size, randomBytes(997));
    await writeFile(join(folder, name), bytes);
    return { digest: createHash('sha256').update(bytes).digest('hex'), path: join(folder, name), size };
  };
  const files: Record<string, LocalFile> = {
    kernel: await file('kernel', 40_001),
    ramdisk: await file('ramdisk', 700_123),
  };
  const service = testService('pxe-server');
  metrics = () => service.metrics.metrics();
  const entries = bootEntries();
  const none = new Map<string, string>();
  const media = bootMedia({
    library: {
      get: (url) => Promise.resolve(files[url] ?? Promise.reject(new Error(url))),
      peek: () => undefined,
      urlsOf: () => [],
      stop() {},
    },
    defaults: { kernels: none, ramdisks: none, espImages: none, httpLoaders: none },
    isolinux: undefined,
    apiCertificate: '',
    fetchIsos: true,
    isHere: () => Promise.resolve(true),
    lost() {},
    log: service.log,
  });
  const entry = create(BootEntrySchema, { nodeUuid: 'n', capability, kind: 'agent', kernelUrl: 'kernel', ramdiskUrl: 'ramdisk' }); // prettier-ignore
  entries.changed('n', entry);
  listener = httpListener(
    {
      listen: '127.0.0.1:0',
      url: '',
      portFile: '',
      maxConnections: 500,
      maxConnectionsPerClient: 400,
      stallTimeout: 60_000,
    },
    { listen: '', url: '', portFile: '', certFile: '', keyFile: '', minVersion: 'TLSv1.2' },
    (request, response) =>
      serveBoot(request, response, {
        entries,
        media,
        configDrives: { get: () => Promise.reject(new Error('none was asked for')), drop: () => undefined },
        image: () => Promise.resolve(undefined),
        body: bodySender(openFiles(systemClock), 1024 * 1024),
        events: bootEvents(systemClock, service.log),
        discovery: undefined,
        liveIso: 'through',
        baseUrl: () => listener.baseUrl(),
        synced: () => true,
      }),
  );
  await listener.start(service.signal, service);
  whole = await bytesOf(await fetch(isoUrl()));
});
afterAll(async () => {
  await listener.stop();
  await rm(folder, { recursive: true });
});

const isoUrl = () => `${listener.baseUrl()}/boot/${capability}/boot.iso`;
const port = () => Number(new URL(listener.baseUrl()).port);
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

/** What is sent for ranges in ascending order that do not touch: the model that the server is held against. */
function partsOf(contentType: string, body: Buffer): Map<string, Buffer> {
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? '';
  const parts = new Map<string, Buffer>();
  for (const piece of body.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const [head = '', ...rest] = piece.split('\r\n\r\n');
    const range = /content-range: bytes (\d+-\d+)\//.exec(head)?.[1] ?? '';
    parts.set(range, Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1'));
  }
  return parts;
}

test('any Range header gets the bytes it asks for, all of them, or a refusal; never others', async () => {
  const edge = fc.oneof(
    fc.nat(whole.length + 10),
    fc.nat(3_000),
    fc.constantFrom(0, 1, whole.length - 1, whole.length, 2 ** 53, 1e30),
  );
  const one = fc.oneof(
    fc.tuple(edge, edge).map(([first, last]) => `${first}-${last}`),
    edge.map((first) => `${first}-`),
    edge.map((last) => `-${last}`),
    fc.string({ maxLength: 8 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
  );
  const header = fc.tuple(fc.constantFrom('bytes=', 'Bytes = ', 'items=', ''), fc.array(one, { maxLength: 20 })).map(
    ([unit, ranges]) => `${unit}${ranges.join(',')}`, // prettier-ignore
  );
  await fc.assert(
    fc.asyncProperty(header, async (range) => {
      const response = await fetch(isoUrl(), { headers: { range } });
      const body = await bytesOf(response);
      expect([200, 206, 416]).toContain(response.status);
      if (response.status !== 416) expect(body.length).toBe(Number(response.headers.get('content-length')));
      if (response.status === 200) expect(body.equals(whole)).toBe(true);
      if (response.status !== 206) return;
      const type = response.headers.get('content-type') ?? '';
      const single = /^bytes (\d+-\d+)\//.exec(response.headers.get('content-range') ?? '')?.[1];
      const parts = single === undefined ? partsOf(type, body) : new Map([[single, body]]);
      expect(parts.size).toBeGreaterThan(0);
      for (const [name, bytes] of parts) {
        const [first = 0, last = 0] = name.split('-').map(Number);
        expect(bytes.equals(whole.subarray(first, last + 1))).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

/** Sends bytes and ends; resolves with the first line of the answer, or empty when the connection is just closed. */
function raw(bytes: string | Buffer, tearDown: 'end' | 'reset' | 'wait' = 'end'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port(), '127.0.0.1', () => {
      socket.write(bytes);
      if (tearDown === 'reset') socket.once('data', () => socket.resetAndDestroy());
      else if (tearDown === 'end') socket.end();
    });
    let answer = '';
    socket.setEncoding('latin1').on('data', (data: string) => (answer += data.slice(0, 100 - answer.length)));
    socket.on('error', () => {}).on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
  });
}

test('whatever the path, only what is served is served, and nothing of the file system', async () => {
  const segment = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      '%2e%2e',
      '%2f',
      '\\',
      'boot',
      'images',
      'ipxe',
      'boot.iso',
      'kernel',
      'etc',
      'passwd',
    ),
    fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x21-\x7e]/g, '')),
  );
  const path = fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join('/')}`);
  await fc.assert(
    fc.asyncProperty(path, async (target) => {
      const line = await raw(`GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      expect(line).toMatch(/^HTTP\/1.1 (404|400) /);
    }),
    { numRuns: 300 },
  );
  await expect(raw(`GET ${isoUrl()} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`, 'wait')).resolves.toMatch(
    / 200 /,
  );
  await expect(raw(`GET //boot/${capability}/boot.iso HTTP/1.0\r\n\r\n`, 'wait')).resolves.toMatch(/ 200 /);
});

test('whatever is sent instead of a request, the server answers 4xx or closes, and goes on', async () => {
  const noise = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 100 }).map((text) => Buffer.from(`GET /${text}\r\nhost: ${text}\r\n\r\n`)),
    fc
      .string({ maxLength: 60 })
      .map((text) => Buffer.from(`GET / HTTP/1.1\r\n${text}: ${text}\r\nrange: ${text}\r\n\r\n`)),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (bytes) => {
      expect(await raw(bytes)).toMatch(/^(HTTP\/1.1 4\d\d .*)?$/);
    }),
    { numRuns: 200 },
  );
});

test('readers that go away in the middle, and many at once, cost others nothing and leave no file open', async () => {
  const request = `GET /boot/${capability}/boot.iso HTTP/1.1\r\nhost: a\r\n\r\n`;
  for (let round = 0; round < 4; round++) {
    const rude = Array.from({ length: 60 }, () => raw(request, 'reset'));
    const polite = Array.from({ length: 20 }, async (_, index) => {
      const first = index * 30_000;
      const response = await fetch(isoUrl(), { headers: { range: `bytes=${first}-${first + 29_999}` } });
      expect((await bytesOf(response)).equals(whole.subarray(first, first + 30_000))).toBe(true);
    });
    await Promise.all([...rude, ...polite]);
  }
  // Those of fetch stay open for their next request.
  await eventually(async () => {
    const open = Number(/pxe_http_connections\{.*\} (\d+)/.exec(await metrics())?.[1]);
    if (open <= 40) return true;
    throw new Error(`${open} connections are open`);
  });
  expect((await bytesOf(await fetch(isoUrl()))).equals(whole)).toBe(true);
});
