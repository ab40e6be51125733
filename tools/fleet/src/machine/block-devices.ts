import { diskLabels } from './hardware.ts';
import type { Machine } from './machine.ts';

/** A disk as an operating system on the machine sees it. */
export interface BlockDevice {
  readonly name: string;
  readonly model: string;
  readonly bytes: number;
  readonly rotational: boolean;
  readonly serial: string;
  readonly wwn: string;
  readonly hctl: string;
  readonly byPath: string;
  readonly transport: 'sata' | 'sas';
  readonly blockBytes: 512 | 4096;
}

/** The disks of a machine: its own, then what its RAID controller shows: volumes, and drives that are in none. */
export function blockDevices({ hardware, identity, raid }: Machine): readonly BlockDevice[] {
  const own = hardware.disks.map(({ name, model, bytes, rotational, hctl }, index) => ({
    name,
    model,
    bytes,
    rotational,
    hctl,
    ...diskLabels(identity.serial, index),
    byPath: `/dev/disk/by-path/pci-0000:00:1f.2-ata-${index + 1}`,
    transport: 'sata' as const,
    blockBytes: 4096 as const,
  }));
  if (raid === undefined) return own;
  const inVolumes = new Set(raid.volumes.flatMap(({ drives }) => drives));
  const shown = [
    ...raid.volumes.map(({ id, bytes, drives, serial, wwn }) => ({
      model: 'FW-RAID Volume',
      bytes,
      rotational: drives.some((index) => raid.drives[index]?.rotational === true),
      serial,
      wwn,
      hctl: `1:2:${id}:0`,
    })),
    ...raid.drives.flatMap((drive, index) => (inVolumes.has(index) ? [] : [{ ...drive, hctl: `1:0:${index}:0` }])),
  ];
  return [
    ...own,
    ...shown.map(({ model, bytes, rotational, serial, wwn, hctl }, index) => ({
      name: `/dev/sd${String.fromCharCode('a'.charCodeAt(0) + own.length + index)}`,
      model,
      bytes,
      rotational,
      serial,
      wwn,
      hctl,
      byPath: `/dev/disk/by-path/pci-0000:3b:00.0-scsi-${hctl}`,
      transport: 'sas' as const,
      blockBytes: 512 as const,
    })),
  ];
}
