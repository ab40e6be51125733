import { raidErrors } from './errors.ts';
import { driveCounts, drivesNeeded, largestVolume, levelOfType, raidTypeOf, usedPerDrive } from './levels.ts';
import type { DriveReading, StorageReading } from './ports.ts';
import { gibibyte, type LogicalDisk } from './target.ts';

/** A logical disk with the drives that it is made of. */
export interface PlacedVolume {
  readonly disk: LogicalDisk;
  readonly controller: StorageReading;
  readonly drives: readonly DriveReading[];
  readonly bytes: number;
}

/** A drive in the course of placing: what is free of it. */
interface Slot {
  readonly controller: StorageReading;
  readonly drive: DriveReading;
  readonly free: number;
}

/** More tries than any real machine needs; a search that long is given up. */
const mostTries = 50_000;

/**
 * Finds drives for all logical disks, or says for which one it cannot. Drives of a volume are of one kind and size at one controller. First
 * come disks with drives and a size of their own, then those that take any drives (exact sizes before MAX), and last those that take all that
 * is left of their own drives: the order of Ironic, so that what fits there fits here.
 *
 * @throws RAID-NO-CONTROLLER, RAID-NO-DRIVES, RAID-TARGET-INVALID
 */
export function placeVolumes(
  disks: readonly LogicalDisk[],
  storage: readonly StorageReading[],
): readonly PlacedVolume[] {
  const controllers = storage.filter(makesRaid);
  if (controllers.length === 0) {
    const seen = storage.map(({ id, name }) => name ?? id).join(', ');
    throw raidErrors.noController(
      `The machine has no RAID controller (its BMC shows ${seen === '' ? 'no storage at all' : seen})`,
    );
  }
  const slots = controllers.flatMap(slotsOf);
  const named = disks.filter(({ drives }) => drives !== null);
  const free = disks.filter(({ drives }) => drives === null);
  const reserved = new Set(
    named.flatMap((disk) => (disk.shares ? [] : namedSlots(disk, slots).map(({ drive }) => drive.path))),
  );

  let left: readonly Slot[] = slots;
  const placed: PlacedVolume[] = [];
  const take = (volume: PlacedVolume): void => {
    placed.push(volume);
    left = without(left, volume);
  };
  for (const disk of named.filter(({ bytes }) => bytes !== 'MAX')) take(onNamed(disk, left));

  const exactFirst = [...free.filter(({ bytes }) => bytes !== 'MAX'), ...free.filter(({ bytes }) => bytes === 'MAX')];
  const search = { tries: 0, stuckAt: 0 };
  const open = left.filter(({ drive }) => !reserved.has(drive.path));
  const found = assign(exactFirst, 0, open, search);
  if (found === undefined) throw noDrives(exactFirst[search.stuckAt] ?? disks[0], open, controllers);
  found.forEach(take);
  for (const disk of named.filter(({ bytes }) => bytes === 'MAX')) take(onNamed(disk, left));
  return placed;
}

/** A controller that says nothing of RAID may make it; one that lists no type does not. */
const makesRaid = ({ raidTypes, volumeCollection, drives }: StorageReading): boolean =>
  volumeCollection !== null && drives.length > 0 && raidTypes?.length !== 0;

function slotsOf(controller: StorageReading): readonly Slot[] {
  return controller.drives.map((drive) => {
    const used = controller.volumes
      .filter((volume) => volume.raidType !== null && volume.drives.includes(drive.path))
      .map(({ raidType, bytes, drives }) => {
        const level = levelOfType(raidType);
        return level === undefined ? drive.bytes : usedPerDrive(level, bytes, drives.length);
      })
      .reduce((sum, each) => sum + each, 0);
    return { controller, drive, free: Math.max(0, drive.bytes - used) };
  });
}

const isUnused = ({ drive, free }: Slot): boolean => free === drive.bytes;
const makes = ({ controller: { raidTypes } }: Slot, { level }: LogicalDisk): boolean =>
  raidTypes?.includes(raidTypeOf(level)) ?? true;
const isAt = ({ controller: { id, name } }: Slot, disk: LogicalDisk): boolean =>
  disk.controller === null || disk.controller === id || disk.controller === name;

function namedSlots({ drives, ...disk }: LogicalDisk, slots: readonly Slot[]): readonly Slot[] {
  return (drives ?? []).map((name) => {
    const matching = slots.filter(
      (slot) =>
        isAt(slot, { ...disk, drives }) &&
        [slot.drive.id, slot.drive.serialNumber, slot.drive.name, slot.drive.path].includes(name),
    );
    const [slot] = matching;
    if (slot !== undefined && matching.length === 1) return slot;
    const where = disk.controller === null ? 'any RAID controller' : `controller ${disk.controller}`;
    throw raidErrors.target(
      slot === undefined
        ? `physical_disks of ${disk.words} names ${JSON.stringify(name)}, which is no drive of ${where}; ` +
            `there are ${listed(slots)}`
        : `physical_disks of ${disk.words} names ${JSON.stringify(name)}, which ${matching.length} drives are called; ` +
            'name the controller too',
    );
  });
}

function listed(slots: readonly Slot[]): string {
  return slots.length === 0 ? 'none' : slots.map(({ controller, drive }) => `${controller.id}/${drive.id}`).join(', ');
}

function onNamed(disk: LogicalDisk, slots: readonly Slot[]): PlacedVolume {
  const own = namedSlots(disk, slots);
  const [first] = own;
  const about = `${disk.words} (RAID ${disk.level})`;
  if (first === undefined || own.some(({ controller }) => controller !== first.controller)) {
    throw raidErrors.target(`The physical_disks of ${about} hang at different controllers`);
  }
  if (!makes(first, disk)) throw unmade(disk, [first.controller]);
  if (!driveCounts(disk.level, own.length).includes(own.length)) {
    throw raidErrors.target(`${about} needs ${drivesNeeded(disk.level)}; physical_disks has ${own.length}`);
  }
  const busy = own.find((slot) => !disk.shares && !isUnused(slot));
  if (busy !== undefined) {
    throw raidErrors.noFit(
      `Drive ${busy.drive.id} of ${about} holds another volume: delete that, or set share_physical_disks`,
    );
  }
  const volume = volumeOn(disk, own);
  if (volume === undefined) {
    const most = largestVolume(
      disk.level,
      own.map(({ free }) => free),
    );
    throw raidErrors.noFit(`${about} of ${sizeOf(disk)} does not fit: its drives have room for ${inGib(most)}`);
  }
  return volume;
}

/** Undefined where the disk does not fit on exactly these drives. */
function volumeOn(disk: LogicalDisk, slots: readonly Slot[]): PlacedVolume | undefined {
  const most = largestVolume(
    disk.level,
    slots.map(({ free }) => free),
  );
  const bytes = disk.bytes === 'MAX' ? most : disk.bytes;
  const [first] = slots;
  if (first === undefined || bytes === 0 || bytes > most) return undefined;
  return { disk, controller: first.controller, drives: slots.map(({ drive }) => drive), bytes };
}

function without(slots: readonly Slot[], { disk, drives, bytes }: PlacedVolume): readonly Slot[] {
  const used = usedPerDrive(disk.level, bytes, drives.length);
  return slots.map((slot) => (drives.includes(slot.drive) ? { ...slot, free: Math.max(0, slot.free - used) } : slot));
}

/** Depth first, fullest and fewest drives first. `search` notes how far it came, for the message. */
function assign(
  disks: readonly LogicalDisk[],
  index: number,
  slots: readonly Slot[],
  search: { tries: number; stuckAt: number },
): readonly PlacedVolume[] | undefined {
  const disk = disks[index];
  if (disk === undefined) return [];
  search.stuckAt = Math.max(search.stuckAt, index);
  for (const volume of candidates(disk, slots)) {
    search.tries += 1;
    if (search.tries > mostTries) return undefined;
    const rest = assign(disks, index + 1, without(slots, volume), search);
    if (rest !== undefined) return [volume, ...rest];
  }
  return undefined;
}

function candidates(disk: LogicalDisk, slots: readonly Slot[]): readonly PlacedVolume[] {
  const usable = slots.filter(
    (slot) =>
      slot.free > 0 &&
      (disk.shares || isUnused(slot)) &&
      isAt(slot, disk) &&
      makes(slot, disk) &&
      (disk.driveType === null || disk.driveType === slot.drive.type) &&
      (disk.protocol === null || disk.protocol === slot.drive.protocol),
  );
  const found = kindsOf(usable).flatMap((kind) => {
    const byRoom = kind.toSorted((one, other) => one.free - other.free);
    return driveCounts(disk.level, byRoom.length)
      .filter((count) => disk.driveCount === null || disk.driveCount === count)
      .map((count) => volumeOn(disk, byRoom.slice(0, count)))
      .filter((volume) => volume !== undefined);
  });
  return disk.bytes === 'MAX' ? found.toSorted((one, other) => other.bytes - one.bytes) : found;
}

function kindsOf(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const kinds = new Map<string, Slot[]>();
  for (const slot of slots) {
    const { type, protocol, bytes } = slot.drive;
    const key = JSON.stringify([slot.controller.id, type, protocol, bytes]);
    kinds.set(key, [...(kinds.get(key) ?? []), slot]);
  }
  return [...kinds.values()];
}

function noDrives(
  disk: LogicalDisk | undefined,
  slots: readonly Slot[],
  controllers: readonly StorageReading[],
): Error {
  if (disk === undefined) return raidErrors.target('There is nothing to create');
  const at = controllers.filter(({ id, name }) => [id, name, null].includes(disk.controller));
  if (at.length === 0) {
    return raidErrors.target(
      `controller of ${disk.words} is ${JSON.stringify(disk.controller)}; there are ${controllers.map(({ id }) => id).join(', ')}`,
    );
  }
  if (!slots.some((slot) => isAt(slot, disk) && makes(slot, disk))) return unmade(disk, at);
  const wish = [
    disk.driveCount === null ? drivesNeeded(disk.level) : `${disk.driveCount} drives`,
    disk.driveType === null ? '' : `of type ${disk.driveType}`,
    disk.protocol === null ? '' : `with ${disk.protocol}`,
  ].filter((word) => word !== '');
  const there = kindsOf(slots).map((kind) => {
    const [{ controller, drive } = {}] = kind;
    if (controller === undefined || drive === undefined) return '';
    const unused = kind.filter(isUnused).length;
    return `${controller.id}: ${kind.length} ${drive.protocol ?? ''} ${drive.type ?? 'drive'} of ${inGib(drive.bytes)}, ${unused} unused`;
  });
  return raidErrors.noFit(
    `Found no drives for ${disk.words} (RAID ${disk.level}, ${sizeOf(disk)}): it needs ${wish.join(' ')}, of one kind ` +
      `and at one controller; there are ${there.join('; ') || 'none left'}`,
  );
}

function unmade({ words, level }: LogicalDisk, controllers: readonly StorageReading[]): Error {
  const each = controllers.map(({ id, raidTypes }) => `${id}: ${(raidTypes ?? []).join(', ')}`).join('; ');
  return raidErrors.target(`No controller makes RAID level ${level} of ${words}; they make ${each}`);
}

const inGib = (bytes: number): string => `${Math.floor(bytes / gibibyte)} GiB`;
const sizeOf = ({ bytes }: LogicalDisk): string => (bytes === 'MAX' ? 'as large as possible' : inGib(bytes));
