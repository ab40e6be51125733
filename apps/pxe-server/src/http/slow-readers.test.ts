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
let folder: string;
let whole: Buffer;
let start: (stallTimeout: number) => Promise<{ listener: HttpListener; body: BodySender }>;
const listeners: HttpListener[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slow-'));
  whole = Buffer.alloc(size, randomBytes(65_537));
  const path = join(folder, 'file');
  await writeFile(path, whole);
  const file = { path, size, digest: createHash('sha256').update(whole).digest('hex') };
  start = async (stallTimeout) => {
    const service = testService('pxe-server');
    const body = bodySender(openFiles(systemClock));
    const limits = { maxConnections: 1000, maxConnectionsPerClient: 1000, stallTimeout };
    const listener = httpListener(
      { listen: '127.0.0.1:0', url: '', portFile: '', ...limits },
      { listen: '', url: '', portFile: '', certFile: '', keyFile: '', minVersion: 'TLSv1.2' },
      async (request, response) => {
        const parts = (offset: number, length: number) => [{ kind: 'file', file, offset, length } as const];
        const sendable = { size, etag: '"e"', type: 'application/octet-stream', parts };
        return { route: 'image', bytes: await send(request, response, sendable, body) };
      },
    );
    await listener.start(service.signal, service);
    listeners.push(listener);
    return { listener, body };
  };
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(listeners.map((listener) => listener.stop()));
  await rm(folder, { recursive: true });
});

/** Asks for everything from a place of its own and takes nothing. */
function stalled(listener: HttpListener, first: number): Promise<void> {
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

test('readers that take nothing hold bounded memory and keep nobody waiting', async () => {
  const { listener, body } = await start(600_000);
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  const readers = 300;
  await Promise.all(Array.from({ length: readers }, (_, index) => stalled(listener, index * 100_000)));
  await eventually(() => body.active === readers, { timeoutMs: 40_000 });
  const whileStalled = Buffer.from(await (await fetch(listener.baseUrl())).arrayBuffer());
  expect(whileStalled.equals(whole)).toBe(true);
  // Two chunks of the largest size for each would be 300 MiB; besides, this test holds the file as it came.
  expect(held() - before - 2 * size).toBeLessThan(160 * mib);
});

test('a reader that takes nothing is given up after the stall timeout', async () => {
  const { listener, body } = await start(3_000);
  await stalled(listener, 0);
  await eventually(() => body.active === 1, { everyMs: 20 });
  await eventually(() => body.active === 0, { timeoutMs: 40_000 });
});
