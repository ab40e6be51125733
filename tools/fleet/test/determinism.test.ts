import { expect, test } from '@jest/globals';
import { manifests } from '../src/index.ts';
import { FaultPlan } from '../src/faults/plan.ts';
import { identify } from '../src/machine/identity.ts';
import { defaultOptions, OptionError, parseCommandLine } from '../src/options.ts';
import { RandomStream } from '../src/random.ts';
import { scaledTime } from '../src/time.ts';

const identities = (seed: number, hosts: number) =>
  Array.from({ length: hosts }, (_, index) => identify(index, { ...defaultOptions, seed }));

test('the same seed makes the same machines, another seed others', () => {
  expect(identities(7, 50)).toEqual(identities(7, 50));
  expect(identities(8, 1)[0]?.uuid).not.toBe(identities(7, 1)[0]?.uuid);
});

test('ten thousand machines share no UUID, address or serial number', () => {
  const all = identities(1, 10_000);
  for (const values of [
    all.map(({ uuid }) => uuid),
    all.flatMap(({ macs }) => macs),
    all.map(({ serial }) => serial),
    all.map(({ ip }) => ip),
  ]) {
    expect(new Set(values).size).toBe(values.length);
  }
});

test('a machine does not depend on how many there are', () => {
  expect(identities(1, 3)[2]).toEqual(identities(1, 30)[2]);
});

test('a fault with a chance strikes on the same occasions for the same seed', () => {
  const strikes = (seed: number) => {
    const plan = new FaultPlan(seed, scaledTime(0), () => undefined);
    plan.add({ id: 'x', kind: 'bmc.status', chance: 0.3 });
    return Array.from({ length: 100 }, () => plan.take('bmc.status', 'node-0') !== undefined);
  };
  expect(strikes(1)).toEqual(strikes(1));
  expect(strikes(1)).not.toEqual(strikes(2));
  const share = strikes(1).filter(Boolean).length;
  expect(share).toBeGreaterThan(15);
  expect(share).toBeLessThan(45);
});

test('random numbers lie in their bounds', () => {
  const random = new RandomStream('x');
  for (let i = 0; i < 1000; i++) {
    const value = random.between(3, 4);
    expect(value >= 3 && value < 4).toBe(true);
  }
});

test('manifests name machine, address, MAC and credentials', () => {
  const [machine] = identities(1, 1);
  const yaml = manifests(machine === undefined ? [] : [machine], {
    namespace: 'lab',
    bmcUrl: 'http://127.0.0.1:8000',
    filesUrl: 'http://127.0.0.1:8000/files',
    image: 'qcow2',
    online: true,
    driver: 'redfish-virtualmedia',
  });
  expect(yaml).toContain(`address: redfish-virtualmedia+http://127.0.0.1:8000/redfish/v1/Systems/${machine?.uuid}`);
  expect(yaml).toContain(`bootMACAddress: "${machine?.macs[0]}"`);
  expect(yaml).toContain('credentialsName: node-0-bmc-secret');
  expect(yaml).toContain('checksum: http://127.0.0.1:8000/files/images/tiny.qcow2.sha256sum');
});

test.each<[string[], RegExp]>([
  [['--hosts', 'many'], /--hosts takes a whole number from 0 up to 100000, not "many"/],
  [['--listen', '8000'], /--listen takes HOST:PORT/],
  [['--time-scale=-1'], /--time-scale takes a number from 0/],
  [['--image-size', '1000'], /--image-size takes a multiple of 512/],
  [['--prefix', 'Node_'], /--prefix must be a DNS label/],
  [['--username', 'a'], /--username and --password go together/],
  [['--print-manifests'], /--print-manifests needs the port/],
  [['--colour'], /--colour/],
])('the command line %j is refused with a remedy', (argv, message) => {
  expect(() => parseCommandLine(argv)).toThrow(OptionError);
  expect(() => parseCommandLine(argv)).toThrow(message);
});
