import { expect, test } from '@jest/globals';
import { type Node, readIpmiInfo } from '@metal3/node';
import type { Machine } from '../../interfaces/machine.ts';
import { someNode } from '../../verbs/seen-for-tests.ts';
import { ipmiMachine } from './machine.ts';

const { signal } = new AbortController();

function bench(more: { node?: Partial<Node>; info?: Readonly<Record<string, string | boolean>>; says?: string } = {}) {
  const said: string[] = [];
  const read = readIpmiInfo({ ipmi_address: '192.0.2.1', ...more.info });
  if ('problem' in read) throw new Error(read.problem);
  const bmcs = {
    call: async (_info: unknown, command: readonly string[], changes: boolean) => {
      said.push(`${changes ? 'change' : 'look'}: ${command.join(' ')}`);
      return more.says ?? '';
    },
  };
  const node = { ...someNode, properties: { vendor: 'contoso' }, ...more.node };
  const machine = ipmiMachine(bmcs, node, read.info, { timeoutMs: 1_000, liftsBootTimeout: true });
  return { machine, said };
}

const lift = 'change: raw 0x00 0x08 0x03 0x08';
const bios = { properties: { vendor: 'contoso', capabilities: 'boot_mode:bios' } };
const forced = { info: { ipmi_force_boot_device: 'true' } };

test.each<[string, Parameters<typeof bench>[0], (machine: Machine) => Promise<unknown>, readonly string[]]>([
  ['is switched on', {}, (m) => m.changePower('on', 'hard', signal), ['change: power on']],
  ['is switched off', {}, (m) => m.changePower('off', 'hard', signal), ['change: power off']],
  ['is asked to shut down', {}, (m) => m.changePower('off', 'soft', signal), ['change: power soft']],
  ['is restarted', {}, (m) => m.restart('hard', signal), ['change: power reset']],
  ['is interrupted', {}, (m) => m.injectNmi(signal), ['change: power diag']],
  [
    'boots UEFI from the network once',
    {},
    (m) => m.setBootDevice('pxe', false, undefined, signal),
    [lift, 'change: raw 0x00 0x08 0x05 0xa0 0x04 0x00 0x00 0x00'],
  ],
  [
    'boots UEFI from its disk again and again',
    {},
    (m) => m.setBootDevice('disk', true, undefined, signal),
    [lift, 'change: raw 0x00 0x08 0x05 0xe0 0x08 0x00 0x00 0x00'],
  ],
  [
    'of Supermicro has a name of its own for that',
    { node: { properties: { vendor: 'Supermicro' } } },
    (m) => m.setBootDevice('disk', true, 'uefi', signal),
    [lift, 'change: raw 0x00 0x08 0x05 0xe0 0x24 0x00 0x00 0x00'],
  ],
  [
    'boots BIOS by the command for it',
    { node: bios },
    (m) => m.setBootDevice('cdrom', true, undefined, signal),
    [lift, 'change: chassis bootdev cdrom options=persistent'],
  ],
  [
    'keeps its limit of a minute where the node says so',
    { node: bios, info: { ipmi_disable_boot_timeout: false } },
    (m) => m.setBootDevice('pxe', false, undefined, signal),
    ['change: chassis bootdev pxe'],
  ],
  [
    'that forgets is told its boot device for one start',
    { ...forced, node: bios },
    (m) => m.setBootDevice('disk', true, undefined, signal),
    [lift, 'change: chassis bootdev disk'],
  ],
  [
    'that forgets is told again before it is switched on',
    { ...forced, node: { ...bios, driverInternalInfo: { persistent_boot_device: 'disk' } } },
    (m) => m.changePower('on', 'hard', signal),
    [lift, 'change: chassis bootdev disk', 'change: power on'],
  ],
  [
    'that forgets is not, when this start is to be an exception',
    {
      ...forced,
      node: { ...bios, driverInternalInfo: { persistent_boot_device: 'disk', is_next_boot_persistent: false } },
    },
    (m) => m.changePower('on', 'hard', signal),
    ['change: power on'],
  ],
  ['sends bytes', {}, async (m) => m.raw?.send('0x00 0x1 255', signal), ['change: raw 0x00 0x1 255']],
  ['restarts its BMC', {}, async (m) => m.raw?.resetBmc(false, signal), ['change: bmc reset cold']],
])('a machine behind IPMI %s', async (_sentence, known, act, said) => {
  const { machine, said: heard } = bench(known);
  await act(machine);
  expect(heard).toEqual(said);
});

test.each([
  ['Chassis Power is on\n', 'on'],
  ['Chassis Power is off\n', 'off'],
  ['', null],
])('%j is power %s', async (says, power) => {
  expect(await bench({ says }).machine.readPower(signal)).toMatchObject({ power, vendor: null });
});

test('the vendor of a machine whose node does not say is asked for with its power', async () => {
  const { machine, said } = bench({ node: { properties: {} }, says: 'Manufacturer Name         : Super Contoso\n' });
  expect(await machine.readPower(signal)).toMatchObject({ vendor: 'super contoso' });
  expect(said).toEqual(['look: power status', 'look: mc info']);
});

test.each([
  ['Force PXE', 'next', { device: 'pxe', persistent: false }],
  ['Force Boot from default Hard-Drive', 'all future', { device: 'disk', persistent: true }],
  ['Force Boot from default Hard-Drive, request Safe-Mode', 'next', { device: 'safe', persistent: false }],
  ['Force Boot into BIOS Setup', 'next', { device: 'bios', persistent: false }],
  ['Force Boot from CD/DVD', 'next', { device: 'cdrom', persistent: false }],
  ['No override', 'next', { device: null, persistent: false }],
])('a BMC that says "%s" for %s boots boots from %o', async (selector, boots, expected) => {
  const applies = boots === 'next' ? 'only next boot' : 'all future boots';
  const says = `   - Options apply to ${applies}\n   - Boot Device Selector : ${selector}\n`;
  expect(await bench({ says }).machine.bootDevice(signal)).toEqual(expected);
});

test.each<[string, (machine: Machine) => Promise<unknown>, RegExp]>([
  ['bytes that are none', async (m) => m.raw?.send('0x00 power', signal), /Invalid raw_bytes "0x00 power"/],
  ['one byte', async (m) => m.raw?.send('0x00', signal), /two bytes or more/],
  ['an unknown boot device', (m) => m.setBootDevice('usb', false, undefined, signal), /Invalid boot device usb/],
  ['virtual media', (m) => m.insertMedia('cdrom', 'http://x', signal), /IPMI has no way of virtual media/],
  ['a restart of the operating system alone', (m) => m.restart('soft', signal), /IPMI has no way of restarting/],
])('%s is refused before the BMC is asked', async (_what, act, words) => {
  const { machine, said } = bench();
  await expect(act(machine)).rejects.toThrow(words);
  expect(said).toEqual([]);
});
