import type { BootTarget, FirmwareMode } from '../machine/state.ts';

/** What a virtual machine is made of. */
export interface VirtualHardware {
  readonly memoryMiB: number;
  /** Raw files; sparse ones do. The first is what `Hdd` boots. */
  readonly disks: readonly VirtualDisk[];
  /** The first boots from the network. */
  readonly nics: readonly { readonly mac: string; readonly tap: string }[];
}

export interface VirtualDisk {
  readonly file: string;
  readonly bytes: number;
  /** As the guest sees it; at most 20 characters. */
  readonly serial: string;
  /** World wide name, as 0x and 16 hexadecimal digits. */
  readonly wwn: string;
}

/** How QEMU runs guest code: `kvm` only where that was seen to work. */
export type Accelerator = 'kvm' | 'tcg';

/** A choice of the firmware's set-up. */
export type NetworkBoot = 'PXE' | 'HTTP';

/** Everything that the command line of one start follows from. */
export interface Start {
  readonly name: string;
  readonly uuid: string;
  readonly serial: string;
  readonly vendor: string;
  readonly model: string;
  readonly accelerator: Accelerator;
  readonly hardware: VirtualHardware;
  readonly mode: FirmwareMode;
  readonly secureBoot: boolean;
  /** Devices in the order in which the firmware tries them. */
  readonly order: readonly BootTarget[];
  /** What the firmware does to boot from the network; a BIOS knows PXE only. */
  readonly networkBoot: NetworkBoot;
  readonly firmware: Firmware;
  readonly files: {
    /** Unix socket of the monitor. */
    readonly monitor: string;
    /** The serial console is appended to it. */
    readonly console: string;
  };
}

/** UEFI firmware: code to read, variables to write (a copy of this machine's own). */
export interface Firmware {
  readonly code: string;
  readonly variables: string;
}

/** Ids of devices, for the monitor. */
export const cdDrive = 'cd0';

/**
 * QEMU's arguments for one start. Nothing is changed while it runs but media: another boot order is another start. The drive starts
 * empty and the processor stopped, so that a medium that cannot be opened stops no machine.
 */
export function qemuArguments(start: Start): readonly string[] {
  const { hardware, mode, firmware, files } = start;
  const position = (target: BootTarget, offset = 0) => {
    const index = start.order.findIndex((entry) => familyOf(entry) === familyOf(target));
    return index < 0 ? '' : `,bootindex=${index * 10 + offset}`;
  };
  const uefi = mode === 'UEFI';
  const { networkBoot, order } = start;
  const httpOnly = networkBoot === 'HTTP' || order.find((target) => familyOf(target) === 'network') === 'UefiHttp';
  return [
    ['-name', start.name],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-S'],
    // Without graphics a BIOS talks on the serial console; UEFI does so anyway.
    ['-machine', `q35,accel=${start.accelerator},graphics=off${start.secureBoot && uefi ? ',smm=on' : ''}`],
    // A translated guest gains nothing from a second processor; max has what stock kernels and Python wheels ask for.
    ['-cpu', start.accelerator === 'kvm' ? 'host' : 'max', '-smp', '1', '-m', String(hardware.memoryMiB)],
    ['-uuid', start.uuid],
    [
      '-smbios',
      `type=1,manufacturer=${quoted(start.vendor)},product=${quoted(start.model)},serial=${start.serial},uuid=${start.uuid}`,
    ],
    ['-rtc', 'base=utc'],
    // A guest that restarts ends the process, so that every start goes by the boot order of its time.
    ['-action', 'reboot=shutdown,shutdown=poweroff,panic=none'],
    ['-qmp', `unix:${quoted(files.monitor)},server=on,wait=off`],
    ['-chardev', `file,id=console,path=${quoted(files.console)},append=on`, '-serial', 'chardev:console'],
    ['-device', 'virtio-rng-pci'],
    ...(uefi
      ? [
          ...(start.secureBoot ? [['-global', 'driver=cfi.pflash01,property=secure,value=on']] : []),
          ['-drive', `if=pflash,format=raw,readonly=on,file=${quoted(firmware.code)}`],
          ['-drive', `if=pflash,format=raw,file=${quoted(firmware.variables)}`],
        ]
      : []),
    // SCSI disks have what inventories and root device hints are about: vendor, model, serial number, WWN, address.
    ['-device', 'virtio-scsi-pci,id=scsi0'],
    ...hardware.disks.flatMap(({ file, serial, wwn }, index) => [
      ['-blockdev', JSON.stringify(diskNode(file, index))],
      [
        '-device',
        `scsi-hd,id=hd${index},bus=scsi0.0,scsi-id=${index},drive=disk${index},vendor=QEMU,product=DISK${index},serial=${serial},` +
          `wwn=${wwn},rotation_rate=1${position('Hdd', index)}`,
      ],
    ]),
    ['-device', `ide-cd,id=${cdDrive},bus=ide.2${position('Cd')}`],
    ...hardware.nics.flatMap(({ mac, tap }, index) => [
      ['-netdev', `tap,id=net${index},ifname=${tap},script=no,downscript=no`],
      // The ROM of the card would answer in place of the firmware's own network boot; a BIOS has no other.
      [
        '-device',
        `virtio-net-pci,id=nic${index},netdev=net${index},mac=${mac}${uefi ? ',romfile=' : ''}${index === 0 ? position('Pxe') : ''}`,
      ],
    ]),
    ...(uefi && httpOnly
      ? ['IPv4PXESupport', 'IPv6PXESupport'].map((option) => ['-fw_cfg', `name=opt/org.tianocore/${option},string=n`])
      : []),
  ].flat();
}

/** Zeros that a guest writes over a sparse file make it sparse again. */
function diskNode(file: string, index: number): object {
  const storage = { driver: 'file', filename: file, cache: { direct: false, 'no-flush': false }, discard: 'unmap' };
  return { driver: 'raw', 'node-name': `disk${index}`, discard: 'unmap', 'detect-zeroes': 'unmap', file: storage };
}

/** A block node over a medium that a web server holds: QEMU reads the ranges that the guest reads. */
export function mediumNode(name: string, url: string): object {
  const { protocol } = new URL(url);
  const driver = protocol === 'https:' ? 'https' : 'http';
  return {
    driver: 'raw',
    'node-name': name,
    'read-only': true,
    // BMCs do not verify the server unless told to.
    file: { driver, url, readahead: 1 << 20, timeout: 30, ...(driver === 'https' ? { sslverify: false } : {}) },
  };
}

/** A stick that is plugged in with a medium in it: a disk to the guest, with its own name each time. The firmware never boots it. */
export const stickDevice = (id: string, medium: string): object => ({
  driver: 'scsi-hd',
  id,
  drive: medium,
  bus: 'scsi0.0',
  'scsi-id': 9,
  removable: true,
  vendor: 'QEMU',
  product: 'STICK',
});

/** Which device a boot target means here. */
function familyOf(target: BootTarget): 'cd' | 'disk' | 'network' | 'none' {
  switch (target) {
    case 'Cd':
    case 'UsbCd':
      return 'cd';
    case 'Hdd':
      return 'disk';
    case 'Pxe':
    case 'UefiHttp':
      return 'network';
    case 'Usb':
    case 'BiosSetup':
    case 'None':
      return 'none';
  }
}

/** QEMU's option parser takes a doubled comma for one. */
function quoted(text: string): string {
  return text.replaceAll(',', ',,');
}
