import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bootClient, BootEntrySchema, type BootClient, type BootEntry } from '@metal3/boot-client';
import { buildConfigDrive, decodeConfigDrive, encodeConfigDrive } from '@metal3/boot-artifacts';
import { grpcServer } from '@metal3/grpc';
import { readConfig } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { pxeServerConfig } from './config.ts';
import { bootErrors } from './errors.ts';
import { assemblePxeServer, type PxeServer } from './pxe-server.ts';

const kernel = Buffer.alloc(70_001, 'k');
const ramdisk = Buffer.alloc(300_123, 'r');
const image = Buffer.from('an operating system');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A web server with the agent's files and images; `respond` may answer in its place. */
async function origin() {
  const requests: string[] = [];
  const files = new Map<string, Buffer>([
    ['/kernel', kernel],
    ['/ramdisk', ramdisk],
    ['/images/os.raw', image],
    ['/images/SHA256SUMS', Buffer.from(`${'0'.repeat(64)}  other.raw\n${sha256(image)} *os.raw\n`)],
  ]);
  const intercept: { respond?: (request: IncomingMessage) => number | undefined } = {};
  const server = createServer((request, response) => {
    requests.push(
      `${request.method} ${request.url}${request.headers['if-none-match'] === undefined ? '' : ' if-none-match'}`,
    );
    const status = intercept.respond?.(request);
    const bytes = files.get(request.url ?? '');
    if (status !== undefined || bytes === undefined) {
      response.writeHead(status ?? 404).end();
      return;
    }
    const etag = `"${sha256(bytes)}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, files, intercept, close: () => server.close() };
}

const imageJob = {
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts'), 'image-job'],
  env: {},
};

let folder: string;
let web: Awaited<ReturnType<typeof origin>>;
let pxe: PxeServer;
let boot: BootClient;
let stop: () => Promise<void>;
let synced = true;
/** What ironic-api says that was posted, by node. */
const posted = new Map<string, string>();
const defaults = readConfig(pxeServerConfig, { env: { IRONIC_API_ADDRESS: '127.0.0.1:1' }, argv: [] });
if (defaults.kind !== 'run') throw new Error('no configuration');
const { dhcp, dhcp6, tftp, ipxe } = defaults.config;
const withoutNetworkBoot = { dhcp, dhcp6, tftp, ipxe };

beforeEach(async () => {
  synced = true;
  folder = await mkdtemp(join(tmpdir(), 'pxe-'));
  web = await origin();
  const service = testService('pxe-server');
  pxe = assemblePxeServer(
    {
      ...withoutNetworkBoot,
      http: {
        listen: '127.0.0.1:0',
        url: '',
        portFile: '',
        maxConnections: 100,
        maxConnectionsPerClient: 90,
        stallTimeout: 60_000,
      },
      https: { listen: '', url: '', portFile: '', certFile: '', keyFile: '', minVersion: 'TLSv1.2' },
      agent: {
        kernels: [],
        ramdisks: [],
        espImages: [],
        httpLoaders: [`x86_64=${web.url}/kernel`],
        isolinux: '',
        apiCaFile: '',
        liveIso: 'through',
        recheck: 60_000,
      },
      cache: { folder: join(folder, 'cache'), maxSize: 100_000_000, fileRoots: [folder], stallTimeout: 5_000 },
      images: {
        permittedFormats: ['raw', 'gpt', 'qcow2', 'iso'],
        jobs: 2,
        timeout: 60_000,
        convertMemory: 1024 ** 3,
        convertCpu: 60,
        insecureRegistries: [],
      },
    },
    service,
    () => synced,
    ({ nodeUuid }) => {
      const drive = posted.get(nodeUuid);
      return drive === undefined
        ? Promise.reject(bootErrors.noConfigDrive(`node ${nodeUuid} has none`))
        : Promise.resolve({ posted: drive, nodeName: 'rack1-7' });
    },
    imageJob,
  );
  const rpc = grpcServer(
    {
      listen: '127.0.0.1:0',
      portFile: '',
      tlsCertFile: '',
      tlsKeyFile: '',
      tlsClientCaFile: '',
      readers: [],
      operators: [],
      services: [],
      reflection: false,
    },
    [pxe.bootService],
  );
  for (const part of [pxe.files, pxe.http, rpc]) await part.start(service.signal, service);
  boot = bootClient(rpc.address);
  stop = async () => {
    boot.close();
    for (const part of [rpc, pxe.http, pxe.files]) await part.stop();
    web.close();
    await rm(folder, { recursive: true, maxRetries: 10 });
  };
});
afterEach(() => stop());

const entry = (more: Partial<Omit<BootEntry, '$typeName' | '$unknown'>> = {}): BootEntry =>
  create(BootEntrySchema, {
    nodeUuid: 'node-1',
    capability: 'cap-1-unguessable',
    macAddresses: ['52:54:00:aa:bb:01'],
    kind: 'agent',
    kernelUrl: `${web.url}/kernel`,
    ramdiskUrl: `${web.url}/ramdisk`,
    kernelParameters: 'nofb ipa-api-url=http://127.0.0.1:6385 ipa-agent-token=secret',
    bootMode: 'uefi',
    cpuArchitecture: 'x86_64',
    ...more,
  });

async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { headers, method, redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

test('a conductor learns the URL of the medium once the entry has arrived and its files are here', async () => {
  const resolved = boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  pxe.entryChanged('node-1', entry());
  const { isoUrl, isoSizeBytes, ipxeScriptUrl } = await resolved;
  expect(isoUrl).toBe(`${pxe.http.baseUrl()}/boot/cap-1-unguessable/boot.iso`);
  expect(ipxeScriptUrl).toBe(`${pxe.http.baseUrl()}/boot/cap-1-unguessable/boot.ipxe`);
  expect(Number(isoSizeBytes)).toBeGreaterThan(kernel.length + ramdisk.length);
});

test('the ISO holds kernel, ramdisk and the kernel line, and any range of it is a slice of the whole', async () => {
  pxe.entryChanged('node-1', entry());
  const { isoUrl, isoSizeBytes } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  const whole = await get(isoUrl);
  expect(whole.status).toBe(200);
  expect(whole.body.length).toBe(Number(isoSizeBytes));
  expect(whole.body.subarray(16 * 2048 + 1, 16 * 2048 + 6).toString()).toBe('CD001');
  expect(whole.body.includes('ipa-agent-token=secret boot_method=vmedia ir_pub_id=')).toBe(true);
  expect(whole.body.includes(kernel)).toBe(true);
  expect(whole.body.includes(ramdisk)).toBe(true);
  const ranges: readonly [number, number][] = [[0, 0], [32_768, 34_815], [40_000, 200_000], [whole.body.length - 5, whole.body.length - 1]]; // prettier-ignore
  for (const [first, last] of ranges) {
    const part = await get(isoUrl, { range: `bytes=${first}-${last}` });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${first}-${last}/${whole.body.length}`);
    expect(part.body.equals(whole.body.subarray(first, last + 1))).toBe(true);
  }
  const suffix = await get(isoUrl, { range: 'bytes=-10' });
  expect(suffix.body.equals(whole.body.subarray(-10))).toBe(true);
  expect((await get(isoUrl, { range: `bytes=${whole.body.length}-` })).status).toBe(416);
  const etag = whole.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]{43}"$/);
  expect((await get(isoUrl, { 'if-none-match': etag })).status).toBe(304);
  expect((await get(isoUrl, { range: 'bytes=0-1', 'if-range': '"old"' })).status).toBe(200);
  const head = await get(isoUrl, {}, 'HEAD');
  expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([
    200,
    String(whole.body.length),
    0,
  ]);
});

test('the medium is gone once the entry is gone, and a new preparation has a new URL', async () => {
  pxe.entryChanged('node-1', entry());
  const { isoUrl } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  pxe.entryChanged('node-1', entry({ capability: 'cap-2' }));
  expect((await get(isoUrl)).status).toBe(404);
  expect((await get(isoUrl.replace('cap-1-unguessable', 'cap-2'))).status).toBe(200);
  pxe.entryChanged('node-1', undefined);
  expect((await get(isoUrl.replace('cap-1-unguessable', 'cap-2'))).status).toBe(404);
});

test('kernel and ramdisk are fetched once for many machines', async () => {
  const nodes = Array.from({ length: 20 }, (_, index) => `node-${index}`);
  for (const nodeUuid of nodes) pxe.entryChanged(nodeUuid, entry({ nodeUuid, capability: `cap-${nodeUuid}` }));
  await Promise.all(nodes.map((nodeUuid) => boot.resolveBoot({ nodeUuid, capability: `cap-${nodeUuid}` })));
  expect(web.requests.sort()).toEqual(['GET /kernel', 'GET /ramdisk']);
});

test('a machine finds its script by MAC address, and one without an entry boots from its disk', async () => {
  pxe.entryChanged('node-1', entry({ kernelParameters: 'nofb ipa-api-url=http://127.0.0.1:6385' }));
  const base = `${pxe.http.baseUrl()}/ipxe/52-54-00-aa-bb-01`;
  const script = (await get(`${pxe.http.baseUrl()}/ipxe/52-54-00-AA-BB-01`)).body.toString();
  expect(script).toContain(`kernel ${base}/kernel initrd=ramdisk nofb `);
  expect((await get(`${base}/kernel`)).body.equals(kernel)).toBe(true);
  expect((await get(`${base}/ramdisk`)).body.equals(ramdisk)).toBe(true);
  const none = (await get(`${pxe.http.baseUrl()}/ipxe/52:54:00:00:00:99`)).body.toString();
  expect(none).toContain('sanboot --no-describe --drive 0x80');
});

test('whoever knows a MAC address learns neither the capability nor the token', async () => {
  pxe.entryChanged('node-1', entry());
  const base = `${pxe.http.baseUrl()}/ipxe/52:54:00:aa:bb:01`;
  const withToken = (await get(base)).body.toString();
  expect(withToken).toContain('sanboot --no-describe --drive 0x80');
  expect([(await get(`${base}/kernel`)).status, (await get(`${base}/boot.iso`)).status]).toEqual([404, 404]);
  pxe.entryChanged('node-1', entry({ kernelParameters: 'nofb' }));
  expect((await get(base)).body.toString()).not.toContain('cap-1-unguessable');
  expect((await get(`${base}/boot.iso`)).status).toBe(404);
  const byCapability = await get(`${pxe.http.baseUrl()}/boot/cap-1-unguessable/boot.ipxe`);
  expect(byCapability.body.toString()).toContain('/boot/cap-1-unguessable/kernel initrd=ramdisk nofb');
});

test('nothing is said to be absent before all entries are known', async () => {
  synced = false;
  const answers = await Promise.all([
    get(`${pxe.http.baseUrl()}/boot/cap-1-unguessable/boot.iso`),
    get(`${pxe.http.baseUrl()}/ipxe/52:54:00:aa:bb:01`),
  ]);
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([[503, '1'], [503, '1']]); // prettier-ignore
});

test('a ready-made ISO is fetched once and served from here by range, for BMCs that follow no redirects', async () => {
  for (const name of ['1', '2'])
    pxe.entryChanged(`node-${name}`, entry({ nodeUuid: `node-${name}`, capability: `iso-${name}`, kind: 'iso', isoUrl: `${web.url}/ramdisk` })); // prettier-ignore
  const { isoUrl, isoSizeBytes } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'iso-1' });
  expect([isoUrl, isoSizeBytes]).toEqual([`${pxe.http.baseUrl()}/boot/iso-1/boot.iso`, BigInt(ramdisk.length)]);
  const { isoUrl: other } = await boot.resolveBoot({ nodeUuid: 'node-2', capability: 'iso-2' });
  expect((await get(isoUrl)).body.equals(ramdisk)).toBe(true);
  expect((await get(other, { range: 'bytes=300000-' })).body.equals(ramdisk.subarray(300_000))).toBe(true);
  expect(web.requests).toEqual(['GET /ramdisk']);
});

const drive = encodeConfigDrive(buildConfigDrive({ userData: 'ready-made' }));

const forms: readonly (readonly [form: string, given: () => string, holds: readonly string[]])[] = [
  [
    'parts',
    () => '{"meta_data": {"role": "node"}, "user_data": "#!/bin/sh"}',
    ['"name":"rack1-7"', '"role":"node"', '#!/bin/sh'],
  ],
  ['base64 of a gzipped image', () => drive, ['ready-made']],
  ['the URL of such', () => `${web.url}/drive.b64`, ['ready-made']],
  ['the URL of an image', () => `${web.url}/drive.iso`, ['ready-made']],
];

test.each(forms)(
  'a config drive posted as %s is a medium beside a ready-made ISO, by range',
  async (_form, given, holds) => {
    web.files.set('/drive.b64', Buffer.from(drive));
    web.files.set('/drive.iso', Buffer.from(decodeConfigDrive(drive)));
    posted.set('node-1', given());
    pxe.entryChanged('node-1', entry({ kind: 'iso', isoUrl: `${web.url}/ramdisk` }));
    const whose = { nodeUuid: 'node-1', capability: 'cap-1-unguessable' };
    const { url, sizeBytes } = await boot.resolveConfigDrive(whose);
    expect(url).toBe(`${pxe.http.mediaUrl()}/boot/cap-1-unguessable/config-drive.img`);
    const { status, body, headers } = await get(url);
    expect([status, body.length, headers.get('accept-ranges')]).toEqual([200, Number(sizeBytes), 'bytes']);
    expect(body.subarray(16 * 2048 + 40, 16 * 2048 + 48).toString()).toBe('config-2');
    for (const text of holds) expect(body.includes(text)).toBe(true);
    const range = await get(url, { range: 'bytes=32768-34815' });
    expect([range.status, range.body.equals(body.subarray(32_768, 34_816))]).toEqual([206, true]);
    // A MAC address is no secret; what is on the drive is.
    expect((await get(`${pxe.http.baseUrl()}/ipxe/52-54-00-aa-bb-01/config-drive.img`)).status).toBe(404);

    // The next deployment has another drive, and the last one is gone.
    posted.set('node-1', '{"user_data": "of the next"}');
    pxe.entryChanged('node-1', entry({ capability: 'cap-2', kind: 'iso', isoUrl: `${web.url}/ramdisk` }));
    expect((await get(url)).status).toBe(404);
    const next = await boot.resolveConfigDrive({ ...whose, capability: 'cap-2' });
    expect((await get(next.url)).body.includes('of the next')).toBe(true);
  },
);

test.each([
  ['none was posted', 'iso', undefined, 'BOOT-NO-CONFIG-DRIVE'],
  ['the machine boots the agent, which writes it to the disk', 'agent', '{}', 'BOOT-NO-CONFIG-DRIVE'],
  ['it is neither base64 nor an object', 'iso', 'hello!', 'BOOT-CONFIG-DRIVE'],
  ['it is base64 of something else', 'iso', Buffer.from('hello').toString('base64'), 'BOOT-CONFIG-DRIVE'],
])('there is no config drive to insert where %s', async (_why, kind, given, code) => {
  if (given === undefined) posted.delete('node-1');
  else posted.set('node-1', given);
  pxe.entryChanged('node-1', entry({ kind, isoUrl: `${web.url}/ramdisk` }));
  await expect(boot.resolveConfigDrive({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' })).rejects.toMatchObject({
    code,
    class: 'permanent',
  });
  expect((await get(`${pxe.http.baseUrl()}/boot/cap-1-unguessable/config-drive.img`)).status).toBe(404);
});

test('UEFI firmware that boots over HTTP asks for the length first and learns from the type what it is given', async () => {
  pxe.entryChanged('node-1', entry());
  const { isoUrl, efiUrl } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  expect((await get(isoUrl, {}, 'HEAD')).headers.get('content-type')).toBe('application/vnd.efi-iso');
  const head = await get(efiUrl, {}, 'HEAD');
  expect([head.status, head.headers.get('content-type'), head.headers.get('content-length')]).toEqual([
    200,
    'application/efi',
    String(kernel.length),
  ]);
  expect((await get(efiUrl)).body.equals(kernel)).toBe(true);
});

test('who asked for what is an event, once for however many ranges', async () => {
  pxe.entryChanged('node-1', entry());
  const { isoUrl, isoSizeBytes } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  const half = Number(isoSizeBytes) / 2;
  for (const range of [`bytes=0-${half - 1}`, `bytes=${half}-`]) await get(isoUrl, { range });
  for (let again = 0; again < 2; again++) await get(`${pxe.http.baseUrl()}/ipxe/52:54:00:00:00:99`);
  const seen: string[] = [];
  const stopped = new AbortController();
  for await (const { event } of boot.watchBootEvents({}, { signal: stopped.signal })) {
    seen.push([event?.kind, event?.nodeUuid, event?.macAddress, event?.client, event?.what].join(' '));
    if (seen.length === 3) break;
  }
  stopped.abort();
  expect(seen).toEqual([
    'asked node-1  127.0.0.1 iso',
    'fetched node-1  127.0.0.1 iso',
    'unknown-machine  52:54:00:00:00:99 127.0.0.1 ipxe-mac',
  ]);
});

test('files that vanish from the cache are fetched again', async () => {
  pxe.entryChanged('node-1', entry());
  const { isoUrl } = await boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' });
  await rm(join(folder, 'cache', 'objects'), { recursive: true });
  const whole = await get(isoUrl);
  expect(whole.status).toBe(200);
  expect(whole.body.includes(ramdisk)).toBe(true);
});

test('a kernel that cannot be fetched is named to the conductor, and fetched again later', async () => {
  web.intercept.respond = () => 503;
  pxe.entryChanged('node-1', entry());
  await expect(boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' })).rejects.toMatchObject({
    code: 'IMAGE-UNREACHABLE',
    class: 'transient',
    message: expect.stringMatching(/\/(kernel|ramdisk) answered 503$/),
  });
  delete web.intercept.respond;
  await expect(boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' })).resolves.toBeDefined();
});

test('files of this machine are served only from the allowed folders', async () => {
  await writeFile(join(folder, 'kernel'), kernel);
  pxe.entryChanged('node-1', entry({ kernelUrl: `file://${folder}/kernel` }));
  await expect(boot.resolveBoot({ nodeUuid: 'node-1', capability: 'cap-1-unguessable' })).resolves.toBeDefined();
  pxe.entryChanged('node-2', entry({ nodeUuid: 'node-2', capability: 'cap-2', kernelUrl: 'file:///etc/hostname' }));
  await expect(boot.resolveBoot({ nodeUuid: 'node-2', capability: 'cap-2' })).rejects.toMatchObject({
    code: 'IMAGE-PATH-NOT-ALLOWED',
  });
});

async function cacheImage(request: { url: string; checksum: string; checksumType?: string }) {
  const { operation } = await boot.startImageCache(request);
  return eventually(async () => {
    const now = (await boot.getImageOperation({ id: operation?.id ?? '' })).operation;
    return now?.state === 'running' ? undefined : now;
  });
}

test('an image comes into the cache once its checksum is right, and is served by its digest', async () => {
  const done = await cacheImage({ url: `${web.url}/images/os.raw`, checksum: sha256(image) });
  expect(done).toMatchObject({ state: 'done', digest: sha256(image), bytesDone: BigInt(image.length) });
  expect((await get(done?.servedUrl ?? '')).body.equals(image)).toBe(true);
});

test.each(['md5', 'sha256', 'sha512'])('a %s checksum is recognised by its length', async (algorithm) => {
  const checksum = createHash(algorithm).update(image).digest('hex').toUpperCase();
  await expect(cacheImage({ url: `${web.url}/images/os.raw`, checksum })).resolves.toMatchObject({ state: 'done' });
});

test('a checksum may be the URL of a file that lists the image', async () => {
  const checksum = `${web.url}/images/SHA256SUMS`;
  await expect(cacheImage({ url: `${web.url}/images/os.raw`, checksum })).resolves.toMatchObject({ state: 'done' });
});

test('a wrong checksum fails with both digests and leaves nothing behind', async () => {
  const failed = await cacheImage({ url: `${web.url}/images/os.raw`, checksum: 'f'.repeat(64) });
  expect(failed).toMatchObject({ state: 'failed', errorCode: 'IMAGE-CHECKSUM-MISMATCH' });
  expect(failed?.errorMessage).toContain(`${web.url}/images/os.raw`);
  expect(failed?.errorMessage).toContain(sha256(image));
  expect(await readdir(join(folder, 'cache', 'jobs'))).toEqual([]);
  expect(await readdir(join(folder, 'cache', 'objects'))).toEqual([]);
});

test('an image that is not there fails with its URL and the answer', async () => {
  const failed = await cacheImage({ url: `${web.url}/images/none.raw`, checksum: '' });
  expect(failed).toMatchObject({ state: 'failed', errorCode: 'IMAGE-ABSENT' });
  expect(failed?.errorMessage).toBe(`${web.url}/images/none.raw answered 404`);
});

test('the same request while one runs joins it', async () => {
  const request = { url: `${web.url}/images/os.raw`, checksum: sha256(image) };
  const answers = await Promise.all(Array.from({ length: 5 }, () => boot.startImageCache(request)));
  expect(new Set(answers.map(({ operation }) => operation?.id)).size).toBe(1);
  await cacheImage(request);
  expect(web.requests.filter((line) => line.includes('os.raw'))).toHaveLength(1);
});

test.each([
  ['', 'http://x/y', 'zz', 'IMAGE-CHECKSUM-UNREADABLE'],
  ['sha256', 'http://x/y', 'a'.repeat(32), 'IMAGE-CHECKSUM-UNREADABLE'],
  ['sha1', 'http://x/y', 'a'.repeat(40), 'IMAGE-CHECKSUM-UNREADABLE'],
  ['', 'ftp://x/y', '', 'IMAGE-URL-INVALID'],
])('a request with type "%s", URL %s and checksum %s is refused at once', async (checksumType, url, checksum, code) => {
  await expect(boot.startImageCache({ url, checksum, checksumType })).rejects.toMatchObject({
    code,
    class: 'permanent',
  });
});
