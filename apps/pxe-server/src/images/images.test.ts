import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { objectStore, type ObjectStore } from '../files/object-store.ts';
import { ociTypes, testRegistry, type TestRegistry } from '../testing/oci-registry.ts';
import { qcow2Image } from '../testing/qcow2-image.ts';
import { fileImageIndex } from './image-index.ts';
import { fileOpenOperations } from './open-operations.ts';
import { imageOperations, type ImageOperation, type ImageOperations } from './operations.ts';
import type { ImageRequest } from './request.ts';
import { processRunner, type JobRunner } from './runner.ts';
import { imageJob } from './job/image-job.ts';
import { httpFetcher } from '../files/http-fetcher.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const program = {
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../main.ts'), 'image-job'],
  env: {},
};
const limits = {
  largestFile: 200_000_000,
  permittedFormats: ['raw', 'gpt', 'qcow2', 'iso'],
  insecureRegistries: [] as string[],
  convertMemory: 1024 ** 3,
  convertCpu: 60,
  stallMs: 5_000,
};

/** Most tests need no process for a job: what it does is the same in this one. */
const inThisProcess: JobRunner = (order, watch) => imageJob(order, { fetcher: httpFetcher(limits.stallMs), ...watch });
const inItsOwn = processRunner(program, 60_000, systemClock);

let samples: string;
/** A disk of 8 MiB, and the same as qcow2. */
let disk: Buffer;
let qcow2: Buffer;

beforeAll(async () => {
  samples = await mkdtemp(join(tmpdir(), 'image-samples-'));
  disk = Buffer.alloc(8 * 1024 * 1024);
  for (let at = 0; at < disk.length; at += 4096) disk.writeUInt32LE(at + 1, at);
  await writeFile(join(samples, 'disk.raw'), disk);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'disk.qcow2'], { cwd: samples });
  qcow2 = await readFile(join(samples, 'disk.qcow2'));
});
afterAll(() => rm(samples, { recursive: true }));

let folder: string;
let store: ObjectStore;
let operations: ImageOperations;
let requests: string[];
let files: Map<string, Buffer>;
let respond: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
let registry: TestRegistry | undefined;
const server = createServer((request, response) => {
  requests.push(`${request.url} ${request.headers.range ?? ''}`.trim());
  if (respond?.(request, response) === true) return;
  const bytes = files.get(request.url ?? '');
  if (bytes === undefined) return void response.writeHead(404).end();
  const etag = `"${sha256(bytes)}"`;
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  const whole = from < 0 || (request.headers['if-range'] ?? etag) !== etag;
  const body = whole ? bytes : bytes.subarray(from);
  const range = whole ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(whole ? 200 : 206, { etag, 'content-length': body.length, ...range }).end(body);
});
let web: string;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(async () => {
  requests = [];
  respond = undefined;
  files = new Map([
    ['/disk.raw', disk],
    ['/disk.qcow2', qcow2],
  ]);
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  store = objectStore(folder, limits.largestFile, systemClock, () => new Set());
  await store.open();
  operations = make();
});
afterEach(async () => {
  operations.stop();
  registry?.close();
  registry = undefined;
  // The last note of what is under way may still be on its way to the disk.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

function make(more: Partial<typeof limits> = {}, run = inThisProcess): ImageOperations {
  return imageOperations({
    store,
    index: fileImageIndex(folder),
    open: fileOpenOperations(folder),
    run,
    limits: { ...limits, fileRoots: [samples], ...more },
    jobs: 2,
    clock: systemClock,
    log: testService('pxe-server').log,
    onEnd: () => {},
  });
}

/** Ends the connection once the client has written what it was sent: what it has only received it may throw away. */
async function breakOff(response: ServerResponse, bytes: Buffer): Promise<void> {
  response.write(bytes);
  await eventually(async () => {
    const names = (await readdir(join(folder, 'jobs'))).filter((name) => name.endsWith('.part'));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, 'jobs', name))).size));
    return sizes.includes(bytes.length);
  });
  response.destroy();
}

const asked = (more: Partial<ImageRequest>): ImageRequest => ({
  url: `${web}/disk.qcow2`,
  checksum: '',
  checksumType: '',
  diskFormat: '',
  forceRaw: false,
  pullSecret: '',
  cpuArchitecture: '',
  ...more,
});

async function ended(id: string, from = operations): Promise<ImageOperation> {
  let last: ImageOperation | undefined;
  for await (const operation of from.watch(id, new AbortController().signal)) last = operation;
  return last ?? from.get(id);
}
const cache = (more: Partial<ImageRequest>) => ended(operations.start(asked(more)).id);
const content = async ({ file }: ImageOperation) => readFile(file?.path ?? '');
const left = async () => [...(await readdir(join(folder, 'jobs'))), ...(await readdir(join(folder, 'objects')))];

test('a qcow2 image becomes raw, byte for byte, and is named by the digest of what is served', async () => {
  operations = make({}, inItsOwn);
  const done = await cache({ checksum: sha256(qcow2), forceRaw: true, diskFormat: 'qcow2' });
  expect(done).toMatchObject({ state: 'done', image: { sourceFormat: 'qcow2', diskFormat: 'raw', virtualSize: disk.length } }); // prettier-ignore
  expect(done.file?.digest).toBe(sha256(disk));
  expect((await content(done)).equals(disk)).toBe(true);
  expect(await readdir(join(folder, 'jobs'))).toEqual([]);
});

test('an image with a checksum is fetched once, whatever its URL, also after a restart', async () => {
  await cache({ checksum: sha256(qcow2), forceRaw: true });
  files.set('/mirror/disk.qcow2', qcow2);
  await expect(cache({ url: `${web}/mirror/disk.qcow2`, checksum: sha256(qcow2), forceRaw: true })).resolves.toMatchObject({ state: 'done' }); // prettier-ignore
  operations = make();
  await expect(cache({ checksum: sha256(qcow2), forceRaw: true })).resolves.toMatchObject({ state: 'done' });
  expect(requests).toEqual(['/disk.qcow2']);
});

test('without a conversion what is served is what was fetched', async () => {
  const done = await cache({ checksum: createHash('sha512').update(qcow2).digest('hex') });
  expect(done).toMatchObject({ state: 'done', image: { sourceFormat: 'qcow2', diskFormat: 'qcow2' } });
  expect((await content(done)).equals(qcow2)).toBe(true);
});

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('an image compressed with %s is unpacked', async (_name, compress) => {
  files.set('/disk.raw.z', compress(disk));
  const done = await cache({ url: `${web}/disk.raw.z` });
  expect(done).toMatchObject({ state: 'done', image: { diskFormat: 'raw' }, file: { digest: sha256(disk) } });
});

test('an error crosses from the process of the job with its code, its details and its remedy', async () => {
  operations = make({}, inItsOwn);
  await expect(cache({ checksum: 'f'.repeat(64) })).resolves.toMatchObject({
    error: { code: 'IMAGE-CHECKSUM-MISMATCH', class: 'permanent', details: { actual: sha256(qcow2) } },
  });
});

test('a file of this machine is taken from the allowed folders alone', async () => {
  const done = await cache({ url: `file://${samples}/disk.qcow2`, forceRaw: true });
  expect(done.file?.digest).toBe(sha256(disk));
  await expect(cache({ url: 'file:///etc/passwd' })).resolves.toMatchObject({
    state: 'failed',
    error: { code: 'IMAGE-PATH-NOT-ALLOWED' },
  });
});

test.each<[what: string, bytes: () => Buffer, request: Partial<ImageRequest>, code: string]>([
  ['has a backing file', () => qcow2Image({ backingFile: '/etc/passwd' }), {}, 'IMAGE-UNSAFE'],
  ['describes a disk larger than the cache', () => qcow2Image({ virtualSize: 1n << 28n }), {}, 'IMAGE-TOO-LARGE'],
  ['is cut off', () => qcow2.subarray(0, 300_000), {}, 'IMAGE-MALFORMED'],
  ['is not what it is said to be', () => disk, { diskFormat: 'qcow2' }, 'IMAGE-FORMAT-MISMATCH'],
  ['is of a format that is not permitted', () => Buffer.concat([Buffer.from('LUKS\xba\xbe', 'latin1'), disk]), {}, 'IMAGE-FORMAT-NOT-PERMITTED'], // prettier-ignore
  ['has another checksum', () => disk, { checksum: 'f'.repeat(64) }, 'IMAGE-CHECKSUM-MISMATCH'],
  ['is damaged gzip', () => Buffer.concat([gzipSync(disk).subarray(0, -4), Buffer.alloc(4)]), {}, 'IMAGE-COMPRESSION'],
])('an image that %s ends in a coded error and leaves nothing', async (_what, bytes, request, code) => {
  files.set('/bad', bytes());
  const failed = await cache({ url: `${web}/bad`, forceRaw: true, ...request });
  expect(failed).toMatchObject({ state: 'failed', error: { code } });
  expect(await left()).toEqual([]);
});

test('a disk that is itself an image of another kind is refused after the conversion', async () => {
  await writeFile(join(samples, 'inner.raw'), Buffer.concat([qcow2Image({ backingFile: '/etc/passwd' }), Buffer.alloc(65_536)])); // prettier-ignore
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', 'inner.raw', 'nested.qcow2'], { cwd: samples });
  const failed = await cache({ url: `file://${samples}/nested.qcow2`, forceRaw: true });
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'IMAGE-UNSAFE' } });
  expect(await left()).toEqual([]);
});

test('a conversion that wants more memory than it may have is ended, with the setting to change', async () => {
  operations = make({ convertMemory: 16 * 1024 * 1024 });
  const failed = await cache({ forceRaw: true });
  expect(failed.error).toMatchObject({
    code: 'IMAGE-CONVERSION-LIMIT',
    remedy: expect.stringMatching(/convertMemory/),
  });
});

test('a download that broke off is continued where it stopped', async () => {
  respond = (_request, response) => {
    response.writeHead(200, { etag: `"${sha256(qcow2)}"`, 'content-length': qcow2.length });
    void breakOff(response, qcow2.subarray(0, 200_000));
    return true;
  };
  await expect(cache({})).resolves.toMatchObject({ state: 'failed', error: { code: 'IMAGE-TRUNCATED' } });
  respond = undefined;
  await expect(cache({})).resolves.toMatchObject({ state: 'done', file: { digest: sha256(qcow2) } });
  expect(requests).toEqual(['/disk.qcow2', '/disk.qcow2 bytes=200000-']);
});

test('a file that changed since the download broke off is fetched from its beginning', async () => {
  respond = (_request, response) => {
    response.writeHead(200, { etag: '"old"', 'content-length': qcow2.length });
    void breakOff(response, Buffer.alloc(200_000, 'o'));
    return true;
  };
  await cache({});
  respond = undefined;
  await expect(cache({})).resolves.toMatchObject({ state: 'done', file: { digest: sha256(qcow2) } });
});

test('of a server without validators the rest is taken too, and the checksum finds out what does not fit', async () => {
  const broken = (bytes: Buffer) => (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    if (from >= 0) {
      const range = `bytes ${from}-${qcow2.length - 1}/${qcow2.length}`;
      response.writeHead(206, { 'content-range': range }).end(qcow2.subarray(from));
    } else {
      response.writeHead(200, { 'content-length': qcow2.length });
      void breakOff(response, bytes);
    }
    return true;
  };
  respond = broken(Buffer.alloc(100_000, 'x'));
  await expect(cache({ checksum: sha256(qcow2) })).resolves.toMatchObject({ error: { code: 'IMAGE-TRUNCATED' } });
  respond = (request, response) => request.headers.range !== undefined && broken(Buffer.alloc(0))(request, response);
  await expect(cache({ checksum: sha256(qcow2) })).resolves.toMatchObject({ state: 'done' });
  expect(requests).toEqual(['/disk.qcow2', '/disk.qcow2 bytes=100000-', '/disk.qcow2']);
});

test('progress names the stage, and never goes back within one', async () => {
  operations = make({}, inItsOwn);
  const seen: ImageOperation[] = [];
  const { id } = operations.start(asked({ forceRaw: true }));
  for await (const operation of operations.watch(id, new AbortController().signal)) seen.push(operation);
  expect(new Set(seen.map(({ stage }) => stage))).toEqual(
    new Set(['waiting', 'downloading', 'inspecting', 'converting', 'finishing']),
  );
  for (const [index, now] of seen.entries()) {
    const before = seen[index - 1];
    if (before?.stage === now.stage) expect(now.bytesDone).toBeGreaterThanOrEqual(before.bytesDone);
  }
});

test('what was under way when the service stopped goes on at the next start, under the same name', async () => {
  operations = make({}, inItsOwn);
  let begun = () => {};
  const downloading = new Promise<void>((resolve) => (begun = resolve));
  respond = (_request, response) => {
    response.writeHead(200, { etag: `"${sha256(qcow2)}"`, 'content-length': qcow2.length });
    response.write(qcow2.subarray(0, 100_000), begun);
    return true;
  };
  const { id } = operations.start(asked({ forceRaw: true }));
  await downloading;
  operations.stop();
  respond = undefined;
  await store.open();
  operations = make();
  operations.resume();
  await expect(ended(id)).resolves.toMatchObject({ state: 'done', file: { digest: sha256(disk) } });
});

test('no more jobs run at once than may, and none is forgotten', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `/disk-${index}`);
  for (const [index, name] of names.entries())
    files.set(name, Buffer.concat([disk.subarray(0, 65_536), Buffer.from([index])]));
  const ids = names.map((name) => operations.start(asked({ url: `${web}${name}` })).id);
  const results = await Promise.all(ids.map((id) => ended(id)));
  expect(results.map(({ state }) => state)).toEqual(names.map(() => 'done'));
});

const oci = (reference: string) => `oci://${registry?.host}/os/${reference}`;
const insecure = () => ({ insecureRegistries: [registry?.host ?? ''] });

test('an artefact of one layer is fetched from a registry, which is asked for a token', async () => {
  registry = await testRegistry('user:secret');
  const { digest } = registry.push('os/debian', '12', qcow2);
  operations = make(insecure());
  const done = await cache({ url: oci('debian:12'), pullSecret: 'user:secret', forceRaw: true });
  expect(done).toMatchObject({ state: 'done', file: { digest: sha256(disk) } });
  await expect(cache({ url: oci(`debian@${digest}`), pullSecret: 'user:secret' })).resolves.toMatchObject({ state: 'done' }); // prettier-ignore
  operations = make(insecure());
  await expect(cache({ url: oci('debian:12'), pullSecret: 'user:wrong' })).resolves.toMatchObject({
    error: { code: 'IMAGE-AUTH' },
  });
});

test('no secret of a request lies on the disk', async () => {
  registry = await testRegistry('user:secret');
  registry.push('os/debian', '12', qcow2);
  operations = make(insecure());
  const { id } = operations.start(asked({ url: oci('debian:12'), pullSecret: 'user:secret' }));
  await ended(id);
  for (const name of ['operations.json', 'images.json']) {
    expect(await readFile(join(folder, name), 'utf8')).not.toContain('secret');
  }
});

test('a layer that is here already is not fetched again, whatever the tag', async () => {
  registry = await testRegistry();
  registry.push('os/debian', '12', qcow2);
  registry.push('os/other', 'latest', qcow2);
  operations = make(insecure());
  await cache({ url: oci('debian:12') });
  await expect(cache({ url: oci('other') })).resolves.toMatchObject({ state: 'done' });
  await expect(cache({ checksum: sha256(qcow2) })).resolves.toMatchObject({ state: 'done' });
  expect(requests).toEqual([]);
});

test('of an index the disk of the architecture and of the wanted kind is taken', async () => {
  registry = await testRegistry();
  const { blob, manifest } = registry;
  const one = (layer: Buffer, architecture: string, disktype: string) => ({
    ...manifest('os/many', '', {
      config: blob(Buffer.from('{}'), ociTypes.empty),
      layers: [blob(layer, 'application/x')],
    }),
    platform: { os: 'linux', architecture },
    annotations: { disktype },
  });
  const manifests = [
    one(Buffer.alloc(70_000, 'a'), 'arm64', 'raw'),
    one(qcow2, 'amd64', 'qcow2'),
    one(disk, 'amd64', 'raw'),
  ];
  manifest('os/many', 'latest', { manifests });
  operations = make(insecure());
  const raw = await cache({ url: oci('many'), cpuArchitecture: 'x86_64' });
  expect(raw.image).toMatchObject({ sourceFormat: 'raw', digest: sha256(disk) });
  const local = await cache({ url: oci('many'), cpuArchitecture: 'x86_64', forceRaw: true });
  expect(local.image).toMatchObject({ sourceFormat: 'qcow2', digest: sha256(disk) });
  await expect(cache({ url: oci('many'), cpuArchitecture: 'aarch64' })).resolves.toMatchObject({
    image: { digest: sha256(Buffer.alloc(70_000, 'a')) },
  });
  await expect(cache({ url: oci('many'), cpuArchitecture: 'ppc64le' })).resolves.toMatchObject({
    error: { code: 'IMAGE-OCI-UNSUITABLE', message: expect.stringMatching(/no disk for ppc64le/) },
  });
});

test('whoever pins a digest gets those bytes or an error', async () => {
  registry = await testRegistry();
  const { digest } = registry.push('os/debian', '12', qcow2);
  registry.tamper(digest, Buffer.from(JSON.stringify({ layers: [registry.blob(disk, 'application/x')] })));
  operations = make(insecure());
  await expect(cache({ url: oci(`debian@${digest}`) })).resolves.toMatchObject({
    error: { code: 'IMAGE-CHECKSUM-MISMATCH' },
  });
  const good = registry.push('os/good', '1', Buffer.alloc(70_000, 'g'));
  registry.tamper(`sha256:${sha256(Buffer.alloc(70_000, 'g'))}`, Buffer.alloc(70_000, 'h'));
  await expect(cache({ url: oci(`good@${good.digest}`) })).resolves.toMatchObject({
    error: { code: 'IMAGE-CHECKSUM-MISMATCH' },
  });
});

test.each([
  ['several layers', { layers: [0, 1].map((digit) => ({ digest: `sha256:${String(digit).repeat(64)}`, size: 1 })) }],
  ['no layers', { config: {} }],
  ['a layer without a digest', { layers: [{ size: 1 }] }],
])('a manifest with %s is no disk image', async (_what, manifest) => {
  registry = await testRegistry();
  registry.manifest('os/odd', 'latest', manifest);
  operations = make(insecure());
  await expect(cache({ url: oci('odd') })).resolves.toMatchObject({ error: { code: 'IMAGE-OCI-UNSUITABLE' } });
});

test('a registry is spoken to over TLS unless the operator says otherwise', async () => {
  registry = await testRegistry();
  registry.push('os/debian', '12', qcow2);
  await expect(cache({ url: oci('debian:12') })).resolves.toMatchObject({ error: { code: 'IMAGE-UNREACHABLE' } });
  expect(registry.requests).toEqual([]);
});

test.each([
  'oci://',
  'oci://host',
  'oci://host/UPPER:1',
  'oci://host/a@sha256:zz',
  'ftp://x/y',
  'http://',
  'oci://h/../x',
])('the URL %s is refused at once', (url) => {
  expect(() => operations.start(asked({ url }))).toThrow(expect.objectContaining({ code: 'IMAGE-URL-INVALID' }));
});
