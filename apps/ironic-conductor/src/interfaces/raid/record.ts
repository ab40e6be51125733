import { isJsonObject, type JsonObject, type Node } from '@metal3/node';
import type { NodePatch } from '@metal3/node-store';
import { levelOfType } from './levels.ts';
import type { StorageReading, VolumeReading } from './ports.ts';
import { gibibyte } from './target.ts';

/**
 * What a node shows of its RAID volumes (`raid_config`, as Ironic writes it), and of the disk that its operating system goes to where one of
 * them was made for that. A hint that led to a volume which is gone goes with it. `roots`: paths of the volumes made as root volumes.
 */
export function raidRecord(
  { properties, raidConfig }: Pick<Node, 'properties' | 'raidConfig'>,
  storage: readonly StorageReading[],
  roots: readonly string[],
  now: number,
): NodePatch {
  const disks = storage.flatMap(({ id, volumes }) =>
    volumes.flatMap((volume) => {
      const level = levelOfType(volume.raidType);
      return level === undefined ? [] : [{ level, volume, controller: id }];
    }),
  );
  const hadRoot = rootOf(raidConfig);
  const isRoot = ({ path, id }: VolumeReading, controller: string): boolean =>
    roots.length > 0 ? roots.includes(path) : hadRoot?.['id'] === id && hadRoot['controller'] === controller;
  const logicalDisks = disks.map(({ level, volume, controller }): JsonObject => ({
    id: volume.id,
    name: volume.name,
    controller,
    size_gb: Math.floor(volume.bytes / gibibyte),
    raid_level: level,
    ...(isRoot(volume, controller)
      ? { is_root_volume: true, ...(volume.wwn === null ? {} : { root_device_hint: { wwn: volume.wwn } }) }
      : {}),
  }));
  const root = logicalDisks.find((disk) => disk['is_root_volume'] === true);
  const patched = withRoot(properties, hadRoot, root);
  return {
    raidConfig: { logical_disks: logicalDisks, last_updated: new Date(now).toISOString() },
    ...(patched === properties ? {} : { properties: patched }),
  };
}

function rootOf({ logical_disks: disks }: JsonObject): JsonObject | undefined {
  const list = Array.isArray(disks) ? disks.filter(isJsonObject) : [];
  return list.find((disk) => disk['is_root_volume'] === true);
}

/** Hints that somebody else gave are left alone. */
function withRoot(properties: JsonObject, before: JsonObject | undefined, root: JsonObject | undefined): JsonObject {
  const hint = root?.['root_device_hint'];
  if (root !== undefined && hint !== undefined) {
    return { ...properties, root_device: hint, local_gb: root['size_gb'] ?? null };
  }
  const old = before?.['root_device_hint'];
  const { root_device: current, ...others } = properties;
  return root === undefined && old !== undefined && JSON.stringify(current) === JSON.stringify(old)
    ? others
    : properties;
}
