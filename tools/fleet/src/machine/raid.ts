import { diskLabels } from './hardware.ts';

/** How a machine's RAID controller acts: at once, or in the next self test; or there is none. */
export const raidModes = ['none', 'immediate', 'on-reset'] as const;
export type RaidMode = (typeof raidModes)[number];

export interface RaidDrive {
  readonly id: string;
  readonly model: string;
  readonly bytes: number;
  readonly rotational: boolean;
  readonly serial: string;
  readonly wwn: string;
}

export interface RaidVolume {
  readonly id: string;
  readonly name: string;
  readonly raidType: RaidType;
  readonly bytes: number;
  /** Indices of its drives. */
  readonly drives: readonly number[];
  readonly serial: string;
  readonly wwn: string;
}

interface Level {
  readonly least: number;
  readonly most: number;
  readonly multiple: number;
  readonly data: (drives: number) => number;
}

/** What the controller makes, how many drives that takes, and how many of them hold data. */
export const levels = {
  RAID0: { least: 1, most: 32, multiple: 1, data: (drives) => drives },
  RAID1: { least: 2, most: 2, multiple: 1, data: () => 1 },
  RAID5: { least: 3, most: 32, multiple: 1, data: (drives) => drives - 1 },
  RAID6: { least: 4, most: 32, multiple: 1, data: (drives) => drives - 2 },
  RAID10: { least: 4, most: 32, multiple: 2, data: (drives) => drives / 2 },
  RAID50: { least: 6, most: 32, multiple: 2, data: (drives) => drives - 2 },
  RAID60: { least: 8, most: 32, multiple: 2, data: (drives) => drives - 4 },
} as const satisfies Readonly<Record<string, Level>>;
export type RaidType = keyof typeof levels;

/** The controller keeps its notes at the end of each drive. */
const notes = 16 * 1024 * 1024;
const models = [
  ...Array.from({ length: 4 }, () => ({ model: 'FW-SAS-SSD-960', bytes: 960_197_124_096, rotational: false })),
  ...Array.from({ length: 4 }, () => ({ model: 'FW-SAS-HDD-2400', bytes: 2_400_476_553_216, rotational: true })),
];

/** A RAID controller with its drives. Drives that are in no volume are handed on to the operating system as they are. */
export class RaidController {
  readonly mode: Exclude<RaidMode, 'none'>;
  readonly drives: readonly RaidDrive[];
  volumes: readonly RaidVolume[] = [];
  readonly #machineSerial: string;
  #made = 0;
  #waiting: (() => void)[] = [];

  constructor(machineSerial: string, mode: Exclude<RaidMode, 'none'>) {
    this.mode = mode;
    this.#machineSerial = machineSerial;
    this.drives = models.map((model, index) => ({
      ...model,
      id: `Disk.Bay.${index}`,
      // After the disks that are no drives of it.
      ...diskLabels(machineSerial, 100 + index),
    }));
  }

  /** Resolves when the controller gets to it: at once, or in the next self test. */
  turn(): Promise<void> {
    return this.mode === 'immediate' ? Promise.resolve() : new Promise((begin) => this.#waiting.push(begin));
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  selfTest(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((begin) => begin());
  }

  /** No volumes, as delivered. */
  toFactory(): void {
    this.volumes = [];
    this.#waiting = [];
  }

  /** Bytes of a drive that no volume has. */
  freeOf(index: number): number {
    const drive = this.drives[index];
    if (drive === undefined) return 0;
    const used = this.volumes
      .filter(({ drives }) => drives.includes(index))
      .reduce((sum, { raidType, bytes, drives }) => sum + bytes / levels[raidType].data(drives.length), 0);
    return Math.max(0, drive.bytes - notes - used);
  }

  roomFor(raidType: RaidType, drives: readonly number[]): number {
    const each = Math.min(...drives.map((index) => this.freeOf(index)));
    return Math.floor(each * levels[raidType].data(drives.length));
  }

  make(wanted: Pick<RaidVolume, 'raidType' | 'bytes' | 'drives'> & { readonly name: string | undefined }): RaidVolume {
    const id = String((this.#made += 1));
    const volume = {
      ...wanted,
      id,
      name: wanted.name ?? `Volume ${id}`,
      ...diskLabels(this.#machineSerial, 200 + this.#made),
    };
    this.volumes = [...this.volumes, volume];
    return volume;
  }

  remove(id: string): void {
    this.volumes = this.volumes.filter((volume) => volume.id !== id);
  }
}
