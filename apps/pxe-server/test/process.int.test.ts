import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bootClient, BootEntryService } from '@metal3/boot-client';
import { grpcServer, implement, type GrpcServer } from '@metal3/grpc';
import { serviceEntry } from '@metal3/local-servers';
import { eventually, testService } from '@metal3/testing';

const plain = {
  listen: '127.0.0.1:0',
  portFile: '',
  tlsCertFile: '',
  tlsKeyFile: '',
  tlsClientCaFile: '',
  readers: [],
  operators: [],
  services: [],
  reflection: false,
};

/** A running pxe-server of our own. */
interface Replica {
  readonly process: ChildProcess;
  readonly boot: ReturnType<typeof bootClient>;
  readonly ready: () => Promise<{ status: number; text: string }>;
}

const nodeUuid = '00000000-0000-4000-8000-000000000001';
const capability = 'a-capability';
let folder: string;
let ironic: GrpcServer;
let fetched = 0;
const origin = createServer((request, response) => {
  const etag = '"v1"';
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  fetched++;
  const body = Buffer.alloc(200_000, request.url ?? '');
  return void response.writeHead(200, { etag, 'content-length': body.length }).end(body);
});
const children: ChildProcess[] = [];
const clients: Replica['boot'][] = [];
const patience = { timeoutMs: 60_000 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-process-'));
  await new Promise<void>((done) => origin.listen(0, '127.0.0.1', done));
  const files = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const service = testService('ironic-api');
  ironic = grpcServer(plain, [
    implement(BootEntryService, {
      readConfigDrive: () => Promise.reject(new Error('none was asked for')),
      async *watchBootEntries(_request, { signal }) {
        const entry = {
          nodeUuid,
          capability,
          kind: 'agent',
          kernelUrl: `${files}/kernel`,
          ramdiskUrl: `${files}/ramdisk`,
          kernelParameters: 'ipa-api-url=http://127.0.0.1:6385',
          cpuArchitecture: 'x86_64',
        };
        yield { kind: 1, entry, nodeUuid };
        yield { kind: 2 };
        await new Promise((done) => signal.addEventListener('abort', done));
      },
    }),
  ]);
  await ironic.start(service.signal, service);
});

afterAll(async () => {
  for (const boot of clients) boot.close();
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await ironic?.stop();
  origin.close();
  origin.closeAllConnections();
  await rm(folder, { recursive: true, maxRetries: 10 });
});

async function start(name: string, cache = name): Promise<Replica> {
  const file = (what: string) => join(folder, `${name}.${what}`);
  for (const what of ['grpc', 'health']) await rm(file(what), { force: true });
  const flags = {
    'ironic-api': ironic.address,
    'http-listen': '127.0.0.1:0',
    'grpc-port-file': file('grpc'),
    'health-port-file': file('health'),
    'cache-folder': join(folder, cache),
    'log-level': 'warn',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const main = serviceEntry('pxe-server');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { stdio: 'inherit' });
  children.push(child);
  const read = (what: string) =>
    eventually(async () => (existsSync(file(what)) ? readFile(file(what), 'utf8') : undefined), patience);
  const health = await read('health');
  const ready = async () => {
    const response = await fetch(`http://${health}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  const replica = { process: child, boot: bootClient(await read('grpc')), ready };
  clients.push(replica.boot);
  await eventually(async () => (await ready()).status === 200, patience);
  return replica;
}

async function iso({ boot }: Replica) {
  const { isoUrl } = await boot.resolveBoot({ nodeUuid, capability });
  const response = await fetch(isoUrl);
  return { etag: response.headers.get('etag'), bytes: Buffer.from(await response.arrayBuffer()) };
}

test('every replica serves the same bytes, before and after a kill, and a restart fetches nothing again', async () => {
  const [one, other] = await Promise.all([start('one'), start('other')]);
  const first = await iso(one);
  const second = await iso(other);
  expect(second.etag).toBe(first.etag);
  expect(second.bytes.equals(first.bytes)).toBe(true);
  expect(fetched).toBe(4);
  one.process.kill('SIGKILL');
  await once(one.process, 'exit');
  const again = await iso(await start('again', 'one'));
  expect(again.etag).toBe(first.etag);
  expect(again.bytes.equals(first.bytes)).toBe(true);
  expect(fetched).toBe(4);
});

test('SIGTERM ends the process with 0', async () => {
  const replica = await start('last');
  replica.process.kill('SIGTERM');
  const [code] = (await once(replica.process, 'exit')) as [number];
  expect(code).toBe(0);
});
