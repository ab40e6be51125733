import { raidTypeOf } from './levels.ts';
import { due, type RaidAct, type RaidMemory } from './memory.ts';
import { placeVolumes } from './place.ts';
import type { StorageReading } from './ports.ts';
import { logicalDisksOf } from './target.ts';
import type { RaidWish } from './wish.ts';

/**
 * What a step has to do at a machine as it is now. What is to be made after a deletion is checked against the machine as it will be then, so
 * that nothing is deleted for a wish that cannot be fulfilled.
 *
 * @throws the errors of logicalDisksOf and placeVolumes
 */
export function planRaid(wish: RaidWish, storage: readonly StorageReading[], now: number): RaidMemory {
  const before = storage.flatMap(({ volumes }) => volumes.map(({ path }) => path));
  const deletions = wish.deletes ? storage.flatMap(deletionsAt) : [];
  const emptied = wish.deletes ? storage.map(withoutVolumes) : storage;
  const creations = wish.creates ? creationsAt(wish, emptied) : [];
  const thenCreate = deletions.length > 0 && wish.creates;
  return { acts: thenCreate || !wish.creates ? deletions : creations, before, thenCreate, lookedAt: now };
}

function deletionsAt({ id, applyTimes, volumes }: StorageReading): readonly RaidAct[] {
  return volumes
    .filter(({ raidType }) => raidType !== null)
    .map((volume) => ({
      ...due,
      kind: 'delete',
      controller: id,
      words: `deleting volume ${volume.name ?? volume.id} of controller ${id}`,
      volume: volume.path,
      applyTime: applyTimeOf(applyTimes),
    }));
}

const withoutVolumes = (storage: StorageReading): StorageReading => ({
  ...storage,
  volumes: storage.volumes.filter(({ raidType }) => raidType === null),
});

function creationsAt(wish: RaidWish, storage: readonly StorageReading[]): readonly RaidAct[] {
  // All of them are placed, so that what is made now leaves room for what is made another time.
  const placed = placeVolumes(logicalDisksOf(wish.target), storage);
  return placed
    .filter(({ disk }) => (disk.isRoot ? wish.rootVolume : wish.otherVolumes))
    .map(({ disk, controller, drives, bytes }) => ({
      ...due,
      kind: 'create',
      controller: controller.id,
      words: `creating ${disk.words} (RAID ${disk.level}) at controller ${controller.id}`,
      isRoot: disk.isRoot,
      order: {
        collection: controller.volumeCollection ?? '',
        raidType: raidTypeOf(disk.level),
        bytes,
        drives: drives.map(({ path }) => path),
        name: disk.name,
        applyTime: applyTimeOf(controller.applyTimes),
      },
    }));
}

/** At once where the BMC can; null where it does not say. */
function applyTimeOf(offered: readonly string[]): string | null {
  return ['Immediate', 'OnReset'].find((time) => offered.includes(time)) ?? null;
}
