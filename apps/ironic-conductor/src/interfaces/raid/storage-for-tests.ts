import { gibibyte } from './target.ts';
import type { DriveReading, StorageReading, VolumeReading } from './ports.ts';

/** A RAID controller for tables: `ssd` drives of 1000 GiB, then `hdd` drives of 2000. */
export function controller(
  counts: { readonly ssd?: number; readonly hdd?: number },
  more: Partial<StorageReading> = {},
): StorageReading {
  const id = more.id ?? 'R';
  const kinds = [
    ...Array.from({ length: counts.ssd ?? 0 }, () => ({ type: 'ssd', bytes: 1000 * gibibyte }) as const),
    ...Array.from({ length: counts.hdd ?? 0 }, () => ({ type: 'hdd', bytes: 2000 * gibibyte }) as const),
  ];
  const drives = kinds.map((kind, index): DriveReading => ({
    ...kind,
    path: `/${id}/${index}`,
    id: String(index),
    name: null,
    serialNumber: `S${index}`,
    protocol: 'sas',
  }));
  return {
    id,
    name: null,
    raidTypes: ['RAID0', 'RAID1', 'RAID5', 'RAID6', 'RAID10', 'RAID50', 'RAID60'],
    volumeCollection: `/${id}/Volumes`,
    applyTimes: ['Immediate', 'OnReset'],
    drives,
    volumes: [],
    ...more,
  };
}

export function volume(id: string, more: Partial<VolumeReading> = {}): VolumeReading {
  return {
    path: `/R/Volumes/${id}`,
    id,
    name: `v${id}`,
    raidType: 'RAID1',
    bytes: 100 * gibibyte,
    drives: ['/R/0', '/R/1'],
    wwn: null,
    ...more,
  };
}
