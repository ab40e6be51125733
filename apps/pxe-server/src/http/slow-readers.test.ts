import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { bodySender, type BodySender } from './body.ts';
import { httpListener, type HttpListener } from './listener.ts';
import { openFiles } from './open-files.ts';
import { send } from './send.ts';

const mib = 1024 * 1024;
const size = 48 * mib + 321;
const stallTimeout = 3_000;
let folder: string;
let whole: Buffer;
let listener: HttpListener;
let body: BodySender;
const sockets: Socket[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slow-'));
  whole = Buffer.alloc(size, randomBytes(65_537));
  const path = join(folder, 'file');
  await writeFile(path, whole);
  const file = { path, size, digest: createHash('sha256').update(whole).digest('hex') };
  const service = testService('pxe-server');
  body = bodySender(openFiles(systemClock));
  const limits = { maxConnections: 1000, maxConnectionsPerClient: 1000, stallTimeout };
  listener = httpListener(
    { listen: '127.0.0.1:0', url: '', portFile: '', ...limits },
    { listen: '', url: '', portFile: '', certFile: '', keyFile: '', minVersion: 'TLSv1.2' },
    async (request, response) => {
      const part = (offset: number, length: number) => [{ kind: 'file', file, offset, length } as const];
      const sendable = { size, etag: '"e"', type: 'application/octet-stream', parts: part };
      return { route: 'image', bytes: await send(request, response, sendable, body) };
    },
  );
  await listener.start(service.signal, service);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await listener.stop();
  await rm(folder, { recursive: true });
});

/** Asks for everything from a place of its own and takes nothing. */
function stalled(first: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(listener.baseUrl()).port), '127.0.0.1', () => {
      socket.pause();
      socket.write(`GET / HTTP/1.1\r\nhost: a\r\nrange: bytes=${first}-\r\n\r\n`);
      resolve();
    });
    sockets.push(socket);
    socket.on('error', reject);
  });
}

test('readers that take nothing hold bounded memory, keep nobody waiting, and are given up after the stall timeout', async () => {
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  const readers = 400;
  await Promise.all(Array.from({ length: readers }, (_, index) => stalled(index * 100_000)));
  await eventually(() => Promise.resolve(body.active === readers ? true : undefined));
  const whileStalled = Buffer.from(await (await fetch(listener.baseUrl())).arrayBuffer());
  expect(whileStalled.equals(whole)).toBe(true);
  // Two chunks of the largest size for each would be 400 MiB; besides, this test holds the file as it came.
  expect(held() - before - 2 * size).toBeLessThan(160 * mib);
  await eventually(() => Promise.resolve(body.active === 0 ? true : undefined), { timeoutMs: 30_000 });
  const afterwards = await fetch(listener.baseUrl(), { headers: { range: 'bytes=5-9' } });
  expect(Buffer.from(await afterwards.arrayBuffer()).equals(whole.subarray(5, 10))).toBe(true);
}, 60_000);
