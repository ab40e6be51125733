import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BootEntrySchema, type BootEntry } from '@metal3/boot-client';
import { readConfig } from '@metal3/service';
import { golden, testService } from '@metal3/testing';
import { pxeServerConfig, type PxeServerConfig } from '../config.ts';
import { assemblePxeServer, type PxeServer } from '../pxe-server.ts';

const kernel = Buffer.alloc(70_001, 'k');
const request = readConfig(pxeServerConfig, { env: { IRONIC_API_ADDRESS: '127.0.0.1:1' }, argv: [] });
if (request.kind !== 'run') throw new Error('no configuration');
const defaults = request.config;
let folder: string;
let pxe: PxeServer;
let stop: () => Promise<void>;
let synced = true;

async function start(more: Partial<PxeServerConfig> = {}): Promise<void> {
  const service = testService('pxe-server');
  const file = (name: string) => `file://${join(folder, name)}`;
  const config = {
    ...defaults,
    http: { ...defaults.http, listen: '127.0.0.1:0' },
    agent: { ...defaults.agent, kernels: [file('kernel')], ramdisks: [file('kernel')] },
    cache: { ...defaults.cache, folder: join(folder, 'cache'), fileRoots: [folder] },
    ipxe: { ...defaults.ipxe, loaderFolder: join(folder, 'loaders') },
    ...more,
  };
  pxe = assemblePxeServer(
    config,
    service,
    () => synced,
    () => Promise.reject(new Error('none was asked for')),
    { command: 'false', args: [], env: {} },
  );
  for (const part of [pxe.files, pxe.http]) await part.start(service.signal, service);
  stop = async () => {
    for (const part of [pxe.http, pxe.files]) await part.stop();
  };
}

beforeEach(async () => {
  synced = true;
  folder = await mkdtemp(join(tmpdir(), 'pxe-'));
  await mkdir(join(folder, 'loaders'));
  await writeFile(join(folder, 'kernel'), kernel);
  await writeFile(join(folder, 'secret'), 'nobody should read this');
  await writeFile(join(folder, 'loaders', 'snponly.efi'), 'a boot loader');
  await symlink(join(folder, 'secret'), join(folder, 'loaders', 'link'));
  await start();
});

afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

const entry = (more: Partial<Omit<BootEntry, '$typeName' | '$unknown'>> = {}): BootEntry =>
  create(BootEntrySchema, {
    nodeUuid: 'node-1',
    capability: 'cap-1-unguessable',
    macAddresses: ['52:54:00:aa:bb:01'],
    kind: 'agent',
    kernelParameters: 'nofb ipa-api-url=http://127.0.0.1:6385 ipa-agent-token=secret',
    cpuArchitecture: 'x86_64',
    ...more,
  });

async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { headers, method, redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

test('iPXE asks for the script of each card, and gets a real 404 for one that nobody enrolled', async () => {
  const base = pxe.http.baseUrl();
  pxe.entryChanged('node-1', entry({ kernelParameters: 'nofb' }));
  const first = (await get(`${base}/boot.ipxe`)).body.toString();
  expect(first).toEqual(golden(new URL('../ipxe/golden/boot.ipxe', import.meta.url), first.replaceAll(base, 'http://192.0.2.1:6180')).replaceAll('http://192.0.2.1:6180', base)); // prettier-ignore
  expect((await get(`${base}/ipxe/52-54-00-00-00-99/boot.ipxe`)).status).toBe(404);
  const script = (await get(`${base}/ipxe/52-54-00-aa-bb-01/boot.ipxe`)).body.toString();
  expect(script).toContain(`kernel ${base}/ipxe/52-54-00-aa-bb-01/kernel initrd=ramdisk nofb `);
  expect(script).not.toContain('cap-1-unguessable');
  synced = false;
  expect((await get(`${base}/ipxe/52-54-00-00-00-99/boot.ipxe`)).status).toBe(503);
  expect((await get(`${base}/boot.ipxe`)).body.toString()).toContain(
    `sleep 3\nchain --replace --autofree ${base}/boot.ipxe`,
  );
});

test('boot loaders are served from their folder and from nowhere else', async () => {
  const base = pxe.http.baseUrl();
  const loader = await get(`${base}/loaders/snponly.efi`);
  expect([loader.status, loader.headers.get('content-type'), loader.body.toString()]).toEqual([200, 'application/efi', 'a boot loader']); // prettier-ignore
  const head = await get(`${base}/loaders/snponly.efi`, {}, 'HEAD');
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '13']);
  for (const path of ['..%2Fsecret', '%2e%2e/secret', 'none.efi', 'link', '%ff', '']) {
    expect([path, (await get(`${base}/loaders/${path}`)).status]).toEqual([path, 404]);
  }
});

test('a machine nobody knows boots what is configured for discovery', async () => {
  const base = `${pxe.http.baseUrl()}/ipxe/52-54-00-00-00-99`;
  expect((await get(base)).body.toString()).toContain('sanboot');
  await stop();
  await start({
    ipxe: { ...defaults.ipxe, discoveryKernelParameters: 'ipa-inspection-callback-url=http://x' },
    cache: { ...defaults.cache, folder: join(folder, 'cache-2'), fileRoots: [folder] },
  });
  const now = `${pxe.http.baseUrl()}/ipxe/52-54-00-00-00-99`;
  expect((await get(now)).body.toString()).toContain(
    `kernel ${now}/kernel initrd=ramdisk ipa-inspection-callback-url=http://x `,
  );
  expect((await get(`${now}/kernel`)).body.equals(kernel)).toBe(true);
  pxe.entryChanged('node-1', entry());
  expect((await get(`${pxe.http.baseUrl()}/ipxe/52-54-00-aa-bb-01`)).body.toString()).toContain('sanboot');
});
