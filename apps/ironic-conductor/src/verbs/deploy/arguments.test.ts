import { expect, test } from '@jest/globals';
import type { JsonObject } from '@metal3/node';
import { someNode } from '../seen-for-tests.ts';
import { deployArguments, diskFormat, findInChecksumFile } from './arguments.ts';
import { bootModeOf, capabilitiesOf, checksumOf, deployInterfaceOf } from './instance.ts';

const sha = 'a'.repeat(64);
const writeImage = { interface: 'deploy', step: 'write_image', priority: 80 } as const;

const given = (instanceInfo: JsonObject, drive?: string) =>
  deployArguments({
    reveal: ({ instanceInfo: info }) => info,
    configDrive: () => Promise.resolve(drive),
    buildConfigDrive: (parts) => `built from ${Object.keys(parts).join('+')}`,
    fetchText: (url) => Promise.resolve(`${'b'.repeat(64)}  other.raw\n${sha}  disk.raw\n# ${url}`),
    streamRawImages: true,
  })({ ...someNode, instanceInfo }, writeImage, new AbortController().signal);

test('write_image names the image as the agent needs it', async () => {
  const { args } = await given({
    image_source: 'http://images/a/disk.raw',
    image_os_hash_algo: 'sha256',
    image_os_hash_value: sha,
  });
  expect(args['image_info']).toEqual({
    id: 'disk.raw',
    urls: ['http://images/a/disk.raw'],
    disk_format: 'raw',
    container_format: 'bare',
    stream_raw_images: true,
    image_type: 'whole-disk',
    node_uuid: someNode.uuid,
    deploy_boot_mode: 'uefi',
    boot_option: 'local',
    os_hash_algo: 'sha256',
    os_hash_value: sha,
  });
});

test('a qcow2 image is not streamed, and the node keeps the image fields as they were given', async () => {
  const info = { image_source: 'http://images/disk.qcow2', image_checksum: 'd'.repeat(32) };
  const { args, node } = await given(info);
  expect(args['image_info']).toMatchObject({
    disk_format: 'qcow2',
    stream_raw_images: false,
    checksum: 'd'.repeat(32),
  });
  expect(node.instanceInfo).toEqual(info);
});

test('the URL of a checksum file is resolved', async () => {
  const { args } = await given({ image_source: 'http://images/disk.raw', image_checksum: 'http://images/SHA256SUMS' });
  expect(args['image_info']).toMatchObject({ os_hash_algo: 'sha256', os_hash_value: sha });
});

test('a checksum file without the image is an error that names both', async () => {
  await expect(
    given({ image_source: 'http://images/third.raw', image_checksum: 'http://images/SHA256SUMS' }),
  ).rejects.toThrow(/http:\/\/images\/SHA256SUMS has no usable checksum for image http:\/\/images\/third\.raw/);
});

test('a config drive goes along: parts are built, ready-made content and URLs pass through', async () => {
  const image = { image_source: 'http://images/disk.raw', image_checksum: sha };
  expect((await given(image, '{"meta_data":{},"user_data":"x"}')).args['configdrive']).toBe(
    'built from meta_data+user_data',
  );
  expect((await given(image, 'H4sI')).args['configdrive']).toBe('H4sI');
  expect((await given(image)).args).not.toHaveProperty('configdrive');
});

test.each([
  ['a lone digest', `${sha}\n`],
  ['digest and name', `${'b'.repeat(64)}  other.raw\n${sha}  disk.raw\n`],
  ['binary mode', `${sha} *disk.raw`],
  ['a path before the name', `${sha}  ./images/disk.raw`],
  ['the style of BSD', `SHA256 (other.raw) = ${'b'.repeat(64)}\nSHA256 (disk.raw) = ${sha}`],
])('a checksum file with %s is read', (_form, content) => {
  expect(findInChecksumFile(content, 'http://images/disk.raw?x=1')).toBe(sha);
});

test.each([
  [
    { image_os_hash_algo: 'sha512', image_os_hash_value: 'c' },
    { kind: 'hash', algorithm: 'sha512', value: 'c' },
  ],
  [{ image_checksum: sha }, { kind: 'hash', algorithm: 'sha256', value: sha }],
  [{ image_checksum: 'http://x/sums' }, { kind: 'file', algorithm: undefined, url: 'http://x/sums' }],
  [{ image_checksum: 'nonsense' }, undefined],
  [{}, undefined],
])('the checksum of %j is %j', (info, expected) => {
  expect(checksumOf(info)).toEqual(expected);
});

test.each([
  ['boot_mode:uefi,secure_boot:true', { boot_mode: 'uefi', secure_boot: 'true' }],
  ['{"boot_mode": "bios"}', { boot_mode: 'bios' }],
  [{ boot_mode: 'uefi' }, { boot_mode: 'uefi' }],
  [undefined, {}],
])('capabilities %j read as %j', (value, expected) => {
  expect(capabilitiesOf(value)).toEqual(expected);
});

test('the boot mode is the instance’s, then the node’s, then the BMC’s, then UEFI', () => {
  const properties = { capabilities: 'boot_mode:bios' };
  expect(bootModeOf({ ...someNode, properties, instanceInfo: { capabilities: { boot_mode: 'uefi' } } })).toBe('uefi');
  expect(bootModeOf({ ...someNode, properties })).toBe('bios');
  expect(bootModeOf({ ...someNode, bootMode: 'bios' })).toBe('bios');
  expect(bootModeOf(someNode)).toBe('uefi');
});

test('autodetect deploys directly, except for a ramdisk that was asked for and has an ISO', () => {
  const interfaces = { ...someNode.interfaces, deploy: 'autodetect' };
  expect(deployInterfaceOf({ interfaces, instanceInfo: { boot_iso: 'http://x' } })).toBe('direct');
  expect(deployInterfaceOf({ interfaces, instanceInfo: { boot_iso: 'http://x', ironic_ramdisk_deploy: 'true' } })).toBe(
    'ramdisk',
  );
});

test('the disk format is as declared, or as the file is called', () => {
  expect(diskFormat({ image_source: 'http://x/a.QCOW2?y', image_disk_format: 'raw' })).toBe('raw');
  expect(diskFormat({ image_source: 'http://x/a.QCOW2?y' })).toBe('qcow2');
  expect(diskFormat({ image_source: 'http://x/a.img' })).toBe('raw');
});

test('an image that passed through the image service is fetched from there, with the digest of what is served', async () => {
  const ports = {
    reveal: ({ instanceInfo: info }: { readonly instanceInfo: JsonObject }) => info,
    configDrive: () => Promise.resolve(undefined),
    buildConfigDrive: () => '',
    fetchText: () => Promise.reject(new Error('nobody asks')),
    streamRawImages: true,
  };
  const info = {
    image_source: 'http://images/disk.qcow2',
    image_checksum: 'http://images/SUMS',
    image_disk_format: 'qcow2',
  };
  const served = { operation: 'o', state: 'done', url: 'http://pxe/images/x', sha256: sha, diskFormat: 'raw' } as const;
  const node = { ...someNode, instanceInfo: info };
  const { args } = await deployArguments(ports)(node, writeImage, new AbortController().signal, served);
  expect(args['image_info']).toMatchObject({
    urls: ['http://pxe/images/x'],
    disk_format: 'raw',
    stream_raw_images: true,
    os_hash_algo: 'sha256',
    os_hash_value: sha,
  });
});
