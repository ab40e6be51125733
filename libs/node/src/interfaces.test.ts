import { describe, expect, test } from '@jest/globals';
import { canonicalUuid, findMacAddress, isUuidLike } from './ids.ts';
import { hardwareTypes, interfaceKinds, redfishHardware, resolveInterfaces } from './interfaces.ts';

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
