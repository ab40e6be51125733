import { contentBytes, type Content } from '../extents.ts';
import { buildTree, type DirectoryEntry } from '../iso9660/tree.ts';
import { bootSector, chooseGeometry, fatSector, type FatType, type Geometry } from './geometry.ts';
import { fatName } from './names.ts';

export interface FatOptions {
  /** At most 11 characters, upper case by custom. */
  readonly label?: string;
  /** Volume serial number; fixed by default so that the same files give the same bytes. */
  readonly serial?: number;
  /** Bytes of room at least. */
  readonly minimumSize?: number;
  /** The smallest type that holds the files by default. */
  readonly type?: FatType;
  readonly modified?: Date;
}

const fixedTime = new Date(Date.UTC(2000, 0, 1));

/**
 * Writes a FAT12, FAT16 or FAT32 volume without a partition table, such as an EFI system partition for El Torito.
 *
 * @param files paths as `EFI/BOOT/BOOTX64.EFI`; contents must be bytes or text
 * @throws RangeError for names FAT cannot hold
 */
export function fatImage(
  files: readonly { readonly path: string; readonly content: Exclude<Content, { readonly kind: 'foreign' }> }[],
  { label = 'NO NAME', serial = 0x4d45_5433, minimumSize = 0, type, modified = fixedTime }: FatOptions = {},
): Uint8Array<ArrayBuffer> {
  const root = buildTree(files);
  const geometry = chooseGeometry(
    (sectorsPerCluster, kind) => {
      const bytes = sectorsPerCluster * fatSector;
      return (
        clustersOf(root, bytes) + (kind === 'fat32' ? Math.max(1, Math.ceil((directorySize(root) + 32) / bytes)) : 0)
      );
    },
    minimumSize,
    type,
  );
  return write(root, geometry, label, serial, modified);
}

/** Bytes of the entries of a directory, without `.` and `..`. */
function directorySize({ children }: DirectoryEntry): number {
  const taken = new Set<string>();
  return children.reduce((sum, child) => sum + 32 * (1 + fatName(child.name, taken).longEntries.length), 0);
}

function fileBytes(content: Content): Uint8Array {
  const bytes = contentBytes(content);
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a FAT volume holds its files itself');
  return bytes;
}

function clustersOf(directory: DirectoryEntry, clusterBytes: number): number {
  return directory.children.reduce((sum, child) => {
    if (child.kind === 'file') return sum + Math.ceil(fileBytes(child.file.content).length / clusterBytes);
    return sum + Math.ceil((directorySize(child) + 64) / clusterBytes) + clustersOf(child, clusterBytes);
  }, 0);
}

function write(
  root: DirectoryEntry,
  geometry: Geometry,
  label: string,
  serial: number,
  modified: Date,
): Uint8Array<ArrayBuffer> {
  const { type, reserved, sectorsPerFat, rootSectors, sectorsPerCluster, totalSectors } = geometry;
  const image = new Uint8Array(totalSectors * fatSector);
  const clusterBytes = sectorsPerCluster * fatSector;
  const rootAt = (reserved + 2 * sectorsPerFat) * fatSector;
  const dataAt = rootAt + rootSectors * fatSector;
  const fat: number[] =
    type === 'fat32' ? [0x0fff_fff8, 0x0fff_ffff] : type === 'fat16' ? [0xfff8, 0xffff] : [0xff8, 0xfff];
  const endOfChain = type === 'fat32' ? 0x0fff_ffff : type === 'fat16' ? 0xffff : 0xfff;

  /** Clusters are handed out in order, so every chain is one run. Returns the first one, 0 for nothing. */
  const allocate = (bytes: number): number => {
    const count = Math.ceil(bytes / clusterBytes);
    const first = fat.length;
    for (let at = 0; at < count; at++) fat.push(at === count - 1 ? endOfChain : first + at + 1);
    return count === 0 ? 0 : first;
  };
  const offsetOf = (cluster: number) => dataAt + (cluster - 2) * clusterBytes;

  const writeDirectory = (directory: DirectoryEntry, offset: number, self: number, parent: number): void => {
    let at = offset;
    const entry = (short: Uint8Array, attributes: number, cluster: number, size: number) => {
      image.set(directoryEntry(short, attributes, cluster, size, modified), at);
      at += 32;
    };
    if (self === 0 || directory === root) entry(shortLabel(label), 0x08, 0, 0);
    else {
      entry(dots('.'), 0x10, self, 0);
      entry(dots('..'), 0x10, parent, 0);
    }
    const taken = new Set<string>();
    for (const child of directory.children) {
      const { short, longEntries } = fatName(child.name, taken);
      for (const long of longEntries) {
        image.set(long, at);
        at += 32;
      }
      if (child.kind === 'file') {
        const bytes = fileBytes(child.file.content);
        const cluster = allocate(bytes.length);
        if (cluster > 0) image.set(bytes, offsetOf(cluster));
        entry(short, 0x20, cluster, bytes.length);
      } else {
        const cluster = allocate(directorySize(child) + 64);
        entry(short, 0x10, cluster, 0);
        // The parent of a first-level directory is written as 0, on FAT32 too.
        writeDirectory(child, offsetOf(cluster), cluster, directory === root ? 0 : self);
      }
    }
  };

  if (type === 'fat32') {
    const cluster = allocate(Math.max(1, directorySize(root) + 32));
    writeDirectory(root, offsetOf(cluster), cluster, 0);
  } else {
    if (directorySize(root) + 32 > rootSectors * fatSector)
      throw new RangeError('too many files in the root directory');
    writeDirectory(root, rootAt, 0, 0);
  }

  const boot = bootSector(geometry, label, serial);
  image.set(boot, 0);
  if (type === 'fat32') {
    const info = fsInfo(geometry.clusters + 2 - fat.length, fat.length);
    image.set(info, fatSector);
    image.set(boot, 6 * fatSector);
    image.set(info, 7 * fatSector);
  }
  for (const copy of [0, 1]) writeFat(image, (reserved + copy * sectorsPerFat) * fatSector, fat, type);
  return image;
}

function writeFat(image: Uint8Array, start: number, fat: readonly number[], type: FatType): void {
  const view = new DataView(image.buffer);
  fat.forEach((value, cluster) => {
    if (type === 'fat32') view.setUint32(start + cluster * 4, value, true);
    else if (type === 'fat16') view.setUint16(start + cluster * 2, value, true);
    else {
      const at = start + Math.floor((cluster * 3) / 2);
      const old = view.getUint16(at, true);
      view.setUint16(at, cluster % 2 === 0 ? (old & 0xf000) | value : (old & 0x000f) | (value << 4), true);
    }
  });
}

function directoryEntry(
  short: Uint8Array,
  attributes: number,
  cluster: number,
  size: number,
  modified: Date,
): Uint8Array {
  const entry = new Uint8Array(32);
  const view = new DataView(entry.buffer);
  const date = ((modified.getUTCFullYear() - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate();
  const time = (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1);
  entry.set(short);
  entry[11] = attributes;
  view.setUint16(14, time, true);
  view.setUint16(16, date, true);
  view.setUint16(18, date, true);
  view.setUint16(20, cluster >>> 16, true);
  view.setUint16(22, time, true);
  view.setUint16(24, date, true);
  view.setUint16(26, cluster & 0xffff, true);
  view.setUint32(28, size, true);
  return entry;
}

const padded = (text: string) => Uint8Array.from(text.slice(0, 11).padEnd(11), (character) => character.charCodeAt(0));
const shortLabel = (label: string) => padded(label.toUpperCase());
const dots = (name: string) => padded(name);

/** FSInfo sector of FAT32: free clusters and where to look for the next. */
function fsInfo(free: number, next: number): Uint8Array {
  const sector = new Uint8Array(fatSector);
  const view = new DataView(sector.buffer);
  view.setUint32(0, 0x4161_5252, true);
  view.setUint32(484, 0x6141_7272, true);
  view.setUint32(488, free, true);
  view.setUint32(492, next, true);
  view.setUint32(508, 0xaa55_0000, true);
  return sector;
}
