/** What the RAID interface needs of a machine: its storage, and making and deleting volumes. Sizes in bytes. */
export interface Volumes {
  /** Storage subsystems with drives and volumes; none when the machine does not tell. */
  read(signal: AbortSignal): Promise<readonly StorageReading[]>;
  /** Answers what to look at (`operation`), or null when the volume is there. */
  create(order: VolumeOrder, signal: AbortSignal): Promise<string | null>;
  /** Deletes a volume and what is on it; one that is gone is no error. Answers as `create`. */
  delete(volume: string, applyTime: string | null, signal: AbortSignal): Promise<string | null>;
  /** Requests that the machine has taken and not finished, as far as it remembers them. */
  open(signal: AbortSignal): Promise<readonly OpenRequest[]>;
}

export interface StorageReading {
  readonly id: string;
  readonly name: string | null;
  /** `RAID1`, `RAID10`, ...; none where it makes no RAID, null where it does not say. */
  readonly raidTypes: readonly string[] | null;
  readonly volumeCollection: string | null;
  readonly applyTimes: readonly string[];
  readonly drives: readonly DriveReading[];
  readonly volumes: readonly VolumeReading[];
}

export interface DriveReading {
  readonly path: string;
  readonly id: string;
  readonly name: string | null;
  readonly serialNumber: string | null;
  readonly bytes: number;
  readonly type: 'hdd' | 'ssd' | null;
  /** `sata`, `sas`, `nvme`, ... */
  readonly protocol: string | null;
}

export interface VolumeReading {
  readonly path: string;
  readonly id: string;
  readonly name: string | null;
  /** Null for a drive that is shown as a volume. */
  readonly raidType: string | null;
  readonly bytes: number;
  readonly drives: readonly string[];
  readonly wwn: string | null;
}

export interface VolumeOrder {
  readonly collection: string;
  readonly raidType: string;
  readonly bytes: number;
  /** Paths. */
  readonly drives: readonly string[];
  readonly name: string | null;
  readonly applyTime: string | null;
}

export interface OpenRequest {
  readonly operation: string;
  readonly method: string | null;
  readonly target: string;
  /** Paths of the drives that the request names. */
  readonly drives: readonly string[];
}
