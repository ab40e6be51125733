import { expect, test } from '@jest/globals';
import { mediumNode, qemuArguments, stickDevice, type Start } from './virtual-machine.ts';

const start: Start = {
  name: 'vm-0',
  uuid: '7f2f3c1e-0f38-4a26-9c55-0d3b5e3f2a11',
  serial: 'FLT1000000',
  vendor: 'QEMU',
  model: 'Virtual Machine',
  accelerator: 'tcg',
  hardware: {
    memoryMiB: 2048,
    disks: [
      { file: '/lab/disk0.raw', bytes: 5 << 30, serial: 'D0', wwn: '0x5000000000000001' },
      { file: '/lab/disk1.raw', bytes: 6 << 30, serial: 'D1', wwn: '0x5000000000000002' },
    ],
    nics: [{ mac: '52:00:00:00:00:01', tap: 'card0' }],
  },
  mode: 'UEFI',
  secureBoot: false,
  order: ['Cd', 'Hdd', 'Pxe'],
  networkBoot: 'PXE',
  firmware: { code: '/ovmf/code.fd', variables: '/lab/variables.fd' },
  files: { monitor: '/lab/monitor.sock', console: '/lab/console.log' },
};

/** The values of an option, in order. */
const values = (args: readonly string[], option: string) =>
  args.flatMap((word, index) => (args[index - 1] === option ? [word] : []));
const device = (args: readonly string[], id: string) =>
  values(args, '-device').find((value) => value.split(',').includes(`id=${id}`)) ?? '';
const bootIndex = (args: readonly string[], id: string) => /bootindex=(\d+)/.exec(device(args, id))?.[1];

test('devices are tried in the order given, disks one after another', () => {
  const args = qemuArguments(start);
  expect(['cd0', 'hd0', 'hd1', 'nic0'].map((id) => bootIndex(args, id))).toEqual(['0', '10', '11', '20']);
});

test('a device that is not in the order is not tried', () => {
  const args = qemuArguments({ ...start, order: ['Hdd'] });
  expect(['cd0', 'hd0', 'nic0'].map((id) => bootIndex(args, id))).toEqual([undefined, '0', undefined]);
});

test('a guest that restarts ends the process, so that the next start goes by the boot order of its time', () => {
  expect(values(qemuArguments(start), '-action')).toEqual(['reboot=shutdown,shutdown=poweroff,panic=none']);
});

test('the processor waits until media are in', () => {
  expect(qemuArguments(start)).toContain('-S');
});

test('UEFI runs from its own copy of the variables, and boots the network by itself instead of by the ROM of the card', () => {
  const args = qemuArguments(start);
  expect(values(args, '-drive')).toEqual([
    'if=pflash,format=raw,readonly=on,file=/ovmf/code.fd',
    'if=pflash,format=raw,file=/lab/variables.fd',
  ]);
  expect(device(args, 'nic0')).toContain('romfile=');
});

test('a BIOS has no UEFI firmware and needs the ROM of the card to boot from the network', () => {
  const args = qemuArguments({ ...start, mode: 'Legacy' });
  expect(values(args, '-drive')).toEqual([]);
  expect(device(args, 'nic0')).not.toContain('romfile=');
});

test('HTTP boot leaves the firmware no other way over the network', () => {
  const options = (order: Start['order'], networkBoot: Start['networkBoot'] = 'PXE') =>
    values(qemuArguments({ ...start, order, networkBoot }), '-fw_cfg');
  expect(options(['UefiHttp', 'Hdd'])).toEqual([
    'name=opt/org.tianocore/IPv4PXESupport,string=n',
    'name=opt/org.tianocore/IPv6PXESupport,string=n',
  ]);
  expect(options(['Pxe', 'Hdd'], 'HTTP')).toEqual(options(['UefiHttp', 'Hdd']));
  expect(options(['Pxe', 'Hdd'])).toEqual([]);
});

test('secure boot needs the management mode that protects its variables', () => {
  expect(values(qemuArguments({ ...start, secureBoot: true }), '-machine')).toEqual([
    'q35,accel=tcg,graphics=off,smm=on',
  ]);
});

test('a comma in a path is no end of an option', () => {
  const args = qemuArguments({ ...start, files: { monitor: '/a,b/monitor', console: '/a,b/console' } });
  expect(values(args, '-qmp')).toEqual(['unix:/a,,b/monitor,server=on,wait=off']);
});

test('a medium is read from its server by ranges, without verifying a certificate unless it is plain HTTP', () => {
  expect(mediumNode('m', 'http://192.0.2.1/boot.iso')).toMatchObject({
    'read-only': true,
    file: { driver: 'http', url: 'http://192.0.2.1/boot.iso' },
  });
  expect(mediumNode('m', 'https://192.0.2.1/boot.iso')).toMatchObject({ file: { driver: 'https', sslverify: false } });
});

test('a stick is another disk on the same controller, away from those of the machine', () => {
  const stick = stickDevice('stick1', 'medium1');
  expect(stick).toMatchObject({ drive: 'medium1', bus: 'scsi0.0', removable: true });
  const taken = values(qemuArguments(start), '-device').filter((value) => value.includes(`scsi-id=9,`));
  expect([Reflect.get(stick, 'scsi-id'), taken]).toEqual([9, []]);
});
