import { isJsonObject, type Json, type JsonObject } from '@metal3/node';
import { raidErrors } from './errors.ts';
import { isRaidLevel, raidLevels, type RaidLevel } from './levels.ts';

/** A logical disk of a target RAID configuration, read. */
export interface LogicalDisk {
  /** `logical disk 1 ("data")`, for messages. */
  readonly words: string;
  readonly level: RaidLevel;
  readonly bytes: number | 'MAX';
  readonly name: string | null;
  readonly isRoot: boolean;
  /** Id or name of a controller. */
  readonly controller: string | null;
  /** Drives by id, serial number or name; null: any that fit. */
  readonly drives: readonly string[] | null;
  readonly driveCount: number | null;
  readonly driveType: 'hdd' | 'ssd' | null;
  readonly protocol: string | null;
  /** Drives that hold another volume may be used. */
  readonly shares: boolean;
}

export const gibibyte = 1024 ** 3;

/**
 * Reads `target_raid_config`. @throws RAID-TARGET-INVALID naming the logical disk and the field
 */
export function logicalDisksOf(target: JsonObject): readonly LogicalDisk[] {
  const { logical_disks: disks } = target;
  if (!Array.isArray(disks) || disks.length === 0) {
    throw raidErrors.target('target_raid_config has no logical_disks: there is nothing to create');
  }
  const read = disks.map((disk: Json, index) => logicalDiskOf(disk, index));
  if (read.filter(({ isRoot }) => isRoot).length > 1) {
    throw raidErrors.target('Only one logical disk can be the root volume (is_root_volume)');
  }
  return read;
}

function logicalDiskOf(disk: Json, index: number): LogicalDisk {
  const fields = isJsonObject(disk) ? disk : {};
  const name = textOf(fields['volume_name']);
  const words = `logical disk ${index + 1}${name === null ? '' : ` ("${name}")`}`;
  const wrong = (field: string, expected: string) =>
    raidErrors.target(`${field} of ${words} is ${JSON.stringify(fields[field] ?? null)}, not ${expected}`);

  const { raid_level: level, size_gb: size, physical_disks: drives, number_of_physical_disks: count } = fields;
  if (typeof level !== 'string' || !isRaidLevel(level)) throw wrong('raid_level', `one of ${raidLevels.join(', ')}`);
  if (size !== 'MAX' && (typeof size !== 'number' || size <= 0)) throw wrong('size_gb', 'a number above 0 or "MAX"');
  const driveType = textOf(fields['disk_type'])?.toLowerCase() ?? null;
  if (driveType !== null && driveType !== 'hdd' && driveType !== 'ssd') throw wrong('disk_type', 'hdd or ssd');
  const protocol = textOf(fields['interface_type'])?.toLowerCase() ?? null;
  if (protocol === 'scsi') throw wrong('interface_type', 'one that Redfish knows: sata, sas or nvme');
  const named = drives === undefined || drives === null ? null : namesOf(drives);
  if (named === undefined) throw wrong('physical_disks', 'a list of ids of drives');
  if (count !== undefined && count !== null && (typeof count !== 'number' || !Number.isInteger(count) || count < 1)) {
    throw wrong('number_of_physical_disks', 'a whole number above 0');
  }
  const driveCount = typeof count === 'number' ? count : null;
  if (named !== null && driveCount !== null && named.length !== driveCount) {
    throw wrong('number_of_physical_disks', `the number of its physical_disks (${named.length})`);
  }
  return {
    words,
    level,
    bytes: size === 'MAX' ? 'MAX' : Math.round(size * gibibyte),
    name,
    isRoot: fields['is_root_volume'] === true,
    controller: textOf(fields['controller']),
    drives: named,
    driveCount,
    driveType,
    protocol,
    shares: fields['share_physical_disks'] === true,
  };
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);

function namesOf(value: Json): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const names = value.filter((item: Json): item is string => typeof item === 'string' && item !== '');
  return names.length === value.length ? names : undefined;
}
