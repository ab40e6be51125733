import { expect, test } from '@jest/globals';
import { fakeHardware, noInterfaces, redfishHardware, resolveInterfaces, type HardwareType } from './interfaces.ts';
import type { JsonObject } from './json.ts';
import type { Node } from './node.ts';
import { validateNode } from './validation.ts';

/** The rules look at these fields only. */
const node = (hardware: HardwareType, driverInfo: JsonObject, instanceInfo: JsonObject, boot?: string): Node =>
  ({
    uuid: 'de305d54-75b4-431b-adb2-eb6b9e546014',
    driver: hardware.name,
    driverInfo,
    instanceInfo,
    interfaces: resolveInterfaces(hardware, boot === undefined ? {} : { boot }).interfaces,
  }) as unknown as Node;

const bmc = { redfish_address: 'https://10.0.0.1', redfish_system_id: '/redfish/v1/Systems/1' };
const image = { image_source: 'http://images/disk.raw', image_checksum: 'd41d8cd98f00b204e9800998ecf8427e' };
const wrong = (verdicts: ReturnType<typeof validateNode>) =>
  Object.fromEntries([...verdicts].flatMap(([kind, verdict]) => (verdict.result ? [] : [[kind, verdict.reason]])));

test('a Redfish node with address, image and checksum is ready to deploy', () => {
  const verdicts = validateNode(node(redfishHardware, bmc, image, 'redfish-virtual-media'));
  expect(verdicts.get('deploy')).toEqual({ result: true });
  expect(verdicts.get('power')).toEqual({ result: true });
  expect(verdicts.has('vendor')).toBe(false);
});

test.each<[string, JsonObject, JsonObject, 'power' | 'boot' | 'deploy', RegExp]>([
  ['no address of the BMC', {}, image, 'power', /redfish_address/],
  ['a system that is no path', { ...bmc, redfish_system_id: '1' }, image, 'power', /redfish_system_id/],
  ['a kernel without a ramdisk', { ...bmc, deploy_kernel: 'http://k' }, image, 'boot', /deploy_ramdisk/],
  ['no image', bmc, {}, 'deploy', /instance_info\.image_source/],
  ['an image without a checksum', bmc, { image_source: 'http://i/d?sig=x' }, 'deploy', /required for http:\/\/i\/d$/],
])('%s stands in the way', (_what, driverInfo, instanceInfo, kind, reason) => {
  const verdicts = validateNode(node(redfishHardware, driverInfo, instanceInfo, 'redfish-virtual-media'));
  expect(wrong(verdicts)[kind]).toMatch(reason);
});

test('fake hardware is ready for everything', () => {
  expect(wrong(validateNode(node(fakeHardware, {}, {})))).toEqual({});
});

test('an interface that is not there is unsupported', () => {
  const bare = { ...node(fakeHardware, {}, {}), interfaces: noInterfaces };
  expect(validateNode(bare).get('raid')).toEqual({
    result: false,
    reason: 'Driver fake-hardware does not support raid (disabled or not implemented).',
  });
});
