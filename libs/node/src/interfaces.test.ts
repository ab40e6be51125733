import { describe, expect, test } from '@jest/globals';
import { canonicalUuid, findMacAddress, isUuidLike } from './ids.ts';
import {
  hardwareTypes,
  idracHardware,
  interfaceKinds,
  redfishHardware,
  resolveInterfaces,
  showsMedium,
  speaksRedfish,
} from './interfaces.ts';

test('every default is among what its hardware type offers', () => {
  for (const { interfaces } of hardwareTypes) {
    for (const kind of interfaceKinds) expect(interfaces[kind].supported).toContain(interfaces[kind].default);
  }
});

test('an interface that is asked for stands, the others take the default', () => {
  const { interfaces, problems } = resolveInterfaces(redfishHardware, { boot: 'redfish-virtual-media' });
  expect(problems).toEqual([]);
  expect(interfaces).toMatchObject({ boot: 'redfish-virtual-media', inspect: 'agent', deploy: 'autodetect' });
});

test('an iDRAC has interfaces of its own, which speak Redfish, and shows media by one of them', () => {
  const { interfaces } = resolveInterfaces(idracHardware, { boot: 'idrac-redfish-virtual-media' });
  expect(interfaces).toMatchObject({ bios: 'idrac-redfish', firmware: 'redfish', power: 'idrac-redfish' });
  for (const kind of ['bios', 'firmware', 'management', 'power', 'raid', 'vendor'] as const)
    expect([kind, speaksRedfish(interfaces[kind])]).toEqual([kind, true]);
  expect(showsMedium(interfaces.boot)).toBe(true);
  expect(resolveInterfaces(idracHardware, { boot: 'redfish-virtual-media' }).problems).toHaveLength(1);
});

test('an interface the hardware type does not have is a problem that names the choices', () => {
  expect(resolveInterfaces(redfishHardware, { power: 'ipmitool' }).problems).toEqual([
    {
      kind: 'power',
      wanted: 'ipmitool',
      supported: ['redfish'],
      message: 'Hardware type redfish has no power interface "ipmitool"; it offers redfish.',
    },
  ]);
});

describe('identifiers', () => {
  test.each([
    ['DE305D54-75B4-431B-ADB2-EB6B9E546014', 'de305d54-75b4-431b-adb2-eb6b9e546014'],
    ['de305d5475b4431badb2eb6b9e546014', 'de305d54-75b4-431b-adb2-eb6b9e546014'],
  ])('%s is the UUID %s', (text, canonical) => {
    expect(canonicalUuid(text)).toBe(canonical);
  });

  test('anything else is no UUID', () => {
    expect(isUuidLike('node-1')).toBe(false);
    expect(() => canonicalUuid('node-1')).toThrow('Expected a UUID but received "node-1".');
  });

  test.each([
    ['52-54-00-AA-BB-CC', '52:54:00:aa:bb:cc'],
    ['52:54:00:aa:bb', undefined],
  ])('%s as a MAC address is %s', (text, address) => {
    expect(findMacAddress(text)).toBe(address);
  });
});
