import { expect, test } from '@jest/globals';
import type { BareMetalHostSpec } from '@metal3/metal3-api';
import type { JsonObject } from '../../kernel.ts';
import { nodeOf, viewOf } from '../testing/view.ts';
import { describesSameImage, instancePatch } from './instance.ts';

const url = 'http://images.example/os.qcow2';
const before = nodeOf({
  deployInterface: 'ramdisk',
  instanceInfo: {
    boot_iso: 'http://old.iso',
    image_source: 'http://old',
    image_checksum: 'old',
    image_os_hash_algo: 'md5',
    image_os_hash_value: 'old',
  },
});

test.each<[sentence: string, spec: Partial<BareMetalHostSpec>, paths: readonly string[]]>([
  [
    'a typed checksum',
    { image: { url, checksum: 'abc', checksumType: 'sha256', format: 'qcow2' } },
    [
      '-boot_iso',
      '+image_source',
      '-image_checksum',
      '+image_os_hash_algo',
      '+image_os_hash_value',
      '+image_disk_format',
      '-/deploy_interface',
    ],
  ],
  [
    'a checksum whose kind Ironic finds out',
    { image: { url, checksum: 'abc' } },
    [
      '-boot_iso',
      '+image_source',
      '+image_checksum',
      '-image_os_hash_algo',
      '-image_os_hash_value',
      '-/deploy_interface',
    ],
  ],
  [
    'a live ISO',
    { image: { url, format: 'live-iso' } },
    ['+boot_iso', '-image_source', '-image_checksum', '-image_os_hash_algo', '-image_os_hash_value'],
  ],
  [
    'a custom deployment without image',
    { customDeploy: { method: 'install' } },
    [
      '-boot_iso',
      '-image_source',
      '-image_checksum',
      '-image_os_hash_algo',
      '-image_os_hash_value',
      '+/deploy_interface',
    ],
  ],
])('%s', (_sentence, spec, paths) => {
  const short = instancePatch(viewOf('provisioning', { spec }), before, undefined)
    .map(({ op, path }) => `${op === 'add' ? '+' : '-'}${path.replace('/instance_info/', '')}`)
    .filter(
      (path) =>
        !['+/instance_uuid', '+capabilities', '+root_device', '+/driver_info/force_persistent_boot_device'].includes(
          path,
        ),
    );
  expect(short).toEqual(paths);
});

test('the instance carries the id of the host, its boot mode and its root device', () => {
  const view = viewOf('provisioning', {
    spec: { image: { url, checksum: 'abc' } },
    status: { provisioning: { bootMode: 'UEFISecureBoot' } },
  });
  expect(instancePatch(view, nodeOf(), undefined)).toEqual(
    expect.arrayContaining([
      { op: 'add', path: '/instance_uuid', value: 'uid-1' },
      { op: 'add', path: '/instance_info/capabilities', value: { secure_boot: 'true' } },
      { op: 'add', path: '/instance_info/root_device', value: { name: 's== /dev/sda' } },
    ]),
  );
});

test('what is there already is not sent again', () => {
  const view = viewOf('provisioning', { spec: { image: { url, checksum: 'abc' } } });
  const info: JsonObject = {
    image_source: url,
    image_checksum: 'abc',
    capabilities: {},
    root_device: { name: 's== /dev/sda' },
  };
  const node = nodeOf({
    instanceUuid: 'uid-1',
    instanceInfo: info,
    driverInfo: { force_persistent_boot_device: 'Default' },
  });
  expect(instancePatch(view, node, undefined)).toEqual([]);
});

test.each<[sentence: string, info: JsonObject, same: boolean]>([
  [
    'the same image and checksum',
    { image_source: url, image_os_hash_algo: 'sha256', image_os_hash_value: 'abc' },
    true,
  ],
  ['another checksum', { image_source: url, image_os_hash_algo: 'sha256', image_os_hash_value: 'def' }, false],
  ['another image', { image_source: 'http://other', image_os_hash_algo: 'sha256', image_os_hash_value: 'abc' }, false],
])('%s: the same deployment is %#', (_sentence, info, same) => {
  expect(describesSameImage(info, { url, checksum: 'abc', checksumType: 'sha256' }, false)).toBe(same);
});

test('custom deployments without image are the same deployment', () => {
  expect(describesSameImage({}, undefined, false)).toBe(true);
});
