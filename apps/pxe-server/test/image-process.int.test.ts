import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { bootClient, BootEntryService, type ImageOperation } from '@metal3/boot-client';
import { grpcServer, implement, type GrpcServer } from '@metal3/grpc';
import { findOnPath, serviceEntry } from '@metal3/local-servers';
import { eventually, testService } from '@metal3/testing';

// The whole program with real jobs, killed and starved where it hurts.

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
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const patience = { timeoutMs: 90_000 };

let folder: string;
let ironic: GrpcServer;
let qcow2: Buffer;
/** Digests of what is served and of what becomes of it: a hundred MiB each. */
let sums: { readonly qcow2: string; readonly disk: string };
let disk: Buffer;
let web: Server;
let serve: (range: string | undefined, response: ServerResponse) => void;
const ranges: (string | undefined)[] = [];

interface Running {
  readonly process: ChildProcess;
  readonly boot: ReturnType<typeof bootClient>;
}
const children: ChildProcess[] = [];
const clients: Running['boot'][] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-images-'));
  // Random, so that it does not compress and the conversion has something to write.
  disk = randomBytes(96 * 1024 * 1024);
  await writeFile(join(folder, 'disk.raw'), disk);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'disk.qcow2'], { cwd: folder });
  qcow2 = await readFile(join(folder, 'disk.qcow2'));
  sums = { qcow2: sha256(qcow2), disk: sha256(disk) };
  await makeHeldConverter();
  web = createServer((request, response) => {
    ranges.push(request.headers.range);
    serve(request.headers.range, response);
  });
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const service = testService('ironic-api');
  ironic = grpcServer(plain, [
    implement(BootEntryService, {
      readConfigDrive: () => Promise.reject(new Error('none was asked for')),
      async *watchBootEntries(_request, { signal }) {
        yield { kind: 2 };
        await new Promise((done) => signal.addEventListener('abort', done));
      },
    }),
  ]);
  await ironic.start(service.signal, service);
});

afterEach(async () => {
  for (const boot of clients.splice(0)) boot.close();
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  ranges.length = 0;
});
afterAll(async () => {
  await ironic?.stop();
  web?.close();
  web?.closeAllConnections();
  await rm(folder, { recursive: true, maxRetries: 10 });
});

const url = () => `http://127.0.0.1:${(web.address() as AddressInfo).port}/disk.qcow2`;
const etag = () => `"${sums.qcow2.slice(0, 16)}"`;

function whole(range: string | undefined, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const headers = { etag: etag(), 'content-length': qcow2.length - from };
  if (range === undefined) response.writeHead(200, headers).end(qcow2);
  else {
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${qcow2.length - 1}/${qcow2.length}` });
    response.end(qcow2.subarray(from));
  }
}

async function start(name: string, { cache = name, wrap = [] as string[] } = {}): Promise<Running> {
  const file = (what: string) => join(folder, `${name}.${what}`);
  for (const what of ['grpc', 'health']) await rm(file(what), { force: true });
  const flags = {
    'ironic-api': ironic.address,
    'http-listen': '127.0.0.1:0',
    'grpc-port-file': file('grpc'),
    'health-port-file': file('health'),
    'cache-folder': join(folder, cache),
    'log-level': 'error',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', serviceEntry('pxe-server'), ...args];
  const [command = '', ...rest] = [...wrap, ...node];
  const child = spawn(command, rest, { stdio: 'inherit' });
  children.push(child);
  const read = (what: string) =>
    eventually(async () => (existsSync(file(what)) ? readFile(file(what), 'utf8') : undefined), patience);
  const health = await read('health');
  const running = { process: child, boot: bootClient(await read('grpc')) };
  clients.push(running.boot);
  await eventually(async () => (await fetch(`http://${health}/readyz`)).ok, patience);
  return running;
}

async function ended({ boot }: Running, id: string): Promise<ImageOperation> {
  return eventually(async () => {
    const { operation } = await boot.getImageOperation({ id });
    return operation === undefined || operation.state === 'running' ? undefined : operation;
  }, patience);
}

/** Converters at work on files of this folder, from their command lines, in all states or in one (see ps). */
async function working(name: string, state = ''): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,stat=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(join(folder, name)) && line.includes('qemu-img convert'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, stat]) => stat?.startsWith(state))
    .map(([pid]) => Number(pid));
}

/** A qemu-img that stops itself before it begins while there is a file `hold`: however fast the machine is, it is caught at work. */
async function makeHeldConverter(): Promise<void> {
  await copyFile(findOnPath('qemu-img') ?? '', join(folder, 'real'), 0);
  const script = `#!/bin/sh\n[ ! -e ${join(folder, 'hold')} ] || kill -STOP $$\nexec ${join(folder, 'real')} "$@"\n`;
  await writeFile(join(folder, 'held'), script, { mode: 0o755 });
}

/** Runs a program where qemu-img is the one that can be held. */
const withHeldConverter = () => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  ...[`mount --bind ${join(folder, 'held')} ${findOnPath('qemu-img')} && exec "$@"`, 'sh'],
];

/** Waits for the converter that holds, and gives its process id. */
async function held(name: string): Promise<number> {
  return eventually(async () => (await working(name, 'T'))[0], { ...patience, everyMs: 100 });
}

const request = () => ({ url: url(), checksum: sums.qcow2, forceRaw: true });

test('killed while an image is converted: the converter dies too, and the operation goes on at the next start', async () => {
  serve = whole;
  await writeFile(join(folder, 'hold'), '');
  const first = await start('convert', { wrap: withHeldConverter() });
  const { operation } = await first.boot.startImageCache(request());
  await held('convert');
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  await eventually(async () => (await working('convert')).length === 0, patience);
  const again = await start('convert');
  const done = await ended(again, operation?.id ?? '');
  expect(done).toMatchObject({ state: 'done', digest: sums.disk, diskFormat: 'raw' });
  expect(await readdir(join(folder, 'convert', 'jobs'))).toEqual([]);
  const served = await fetch(done.servedUrl);
  expect(sha256(Buffer.from(await served.arrayBuffer()))).toBe(sums.disk);
});

test('killed in the middle of a download: the next start goes on from there', async () => {
  const half = qcow2.length / 2;
  serve = (_range, response) => {
    response.writeHead(200, { etag: etag(), 'content-length': qcow2.length });
    response.write(qcow2.subarray(0, half));
  };
  const first = await start('download');
  const { operation } = await first.boot.startImageCache(request());
  await eventually(async () => {
    const now = (await first.boot.getImageOperation({ id: operation?.id ?? '' })).operation;
    return Number(now?.bytesDone) > half / 2;
  }, patience);
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  serve = whole;
  const again = await start('download');
  await expect(ended(again, operation?.id ?? '')).resolves.toMatchObject({ state: 'done', digest: sums.disk });
  expect(ranges).toHaveLength(2);
  expect(ranges[1]).toMatch(/^bytes=\d{7,}-$/);
});

test('a job that is killed is an error that says so, and the service goes on', async () => {
  serve = whole;
  await writeFile(join(folder, 'hold'), '');
  const one = await start('job', { wrap: withHeldConverter() });
  const { operation } = await one.boot.startImageCache(request());
  process.kill(await held('job'), 'SIGKILL');
  await expect(ended(one, operation?.id ?? '')).resolves.toMatchObject({
    state: 'failed',
    errorCode: 'IMAGE-CONVERSION-FAILED',
    errorMessage: expect.stringMatching(/was ended by SIGKILL/),
  });
  await rm(join(folder, 'hold'));
  const { operation: next } = await one.boot.startImageCache(request());
  await expect(ended(one, next?.id ?? '')).resolves.toMatchObject({ state: 'done' });
});

test('a cache whose disk is full is an error that names the remedy, and leaves nothing on it', async () => {
  serve = whole;
  const cache = join(folder, 'small');
  const mount = `mkdir -p ${cache} && mount -t tmpfs -o size=120m tmpfs ${cache} && exec "$@"`;
  const one = await start('small', {
    wrap: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh'],
  });
  const { operation } = await one.boot.startImageCache(request());
  await expect(ended(one, operation?.id ?? '')).resolves.toMatchObject({
    state: 'failed',
    errorCode: 'IMAGE-NO-SPACE',
    errorRemedy: expect.stringMatching(/cache.folder/),
  });
  const { images } = await one.boot.listCachedImages({});
  expect(images).toEqual([]);
  const { operation: raw } = await one.boot.startImageCache({ ...request(), forceRaw: false });
  await expect(ended(one, raw?.id ?? '')).resolves.toMatchObject({ state: 'done', diskFormat: 'qcow2' });
});

test('a cache folder that is emptied while the service runs is filled again', async () => {
  serve = whole;
  const one = await start('wiped');
  const cached = async () => {
    const { operation } = await one.boot.startImageCache({ ...request(), forceRaw: false });
    return ended(one, operation?.id ?? '');
  };
  const first = await cached();
  // As `rm -rf` does: what the service renames meanwhile need not be there any more.
  for (const name of await readdir(join(folder, 'wiped')))
    await rm(join(folder, 'wiped', name), { recursive: true, force: true });
  expect((await fetch(first.servedUrl)).status).toBe(404);
  const again = await cached();
  expect(again).toMatchObject({ state: 'done', digest: sums.qcow2 });
  expect((await fetch(again.servedUrl, { method: 'HEAD' })).headers.get('content-length')).toBe(String(qcow2.length));
  await one.boot.evictCachedImage({ digest: again.digest });
  expect((await fetch(again.servedUrl)).status).toBe(404);
});
