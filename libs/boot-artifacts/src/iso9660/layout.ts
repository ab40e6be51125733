import { contentBytes, contentSize, type Extent, type ImageLayout } from '../extents.ts';
import { bootRecord, terminator, volumeDescriptor, type TreePlaces } from './descriptors.ts';
import { bootCatalogue, bootInfoEnd, bootInfoTable, type BootImage, type PlacedBootImage } from './el-torito.ts';
import { directoryRecord, packedSize, packRecords, sectors, sectorSize, type Place } from './records.ts';
import { rockRidge, rockRidgeRoot } from './rock-ridge.ts';
import { buildTree, nameDirectories, type DirectoryEntry, type ImageFile, type NamedDirectory } from './tree.ts';

export interface IsoOptions {
  /** Volume label, at most 16 characters so that Joliet holds it too: `config-2`, `VMEDIA_BOOT_ISO`. */
  readonly label: string;
  /** Publisher of the primary descriptor; the agent compares it with `ir_pub_id`. */
  readonly publisher?: string;
  /** Time of everything on the image; fixed by default, so that the same files give the same bytes. */
  readonly modified?: Date;
  readonly boot?: readonly BootImage[];
}

/** Long enough ago for every clock; ISO 9660 counts from 1900. */
const fixedTime = new Date(Date.UTC(2000, 0, 1));
/** ECMA-119 stores lengths in 32 bits. */
const largestFile = 0xffff_ffff;

/**
 * Lays out an ISO 9660 image (ECMA-119 level 2) with Rock Ridge, Joliet and El Torito. Files keep the order given, each at the start
 * of a sector, so files that come last can lie elsewhere while everything before is a few KiB.
 *
 * @throws RangeError for a label, name or file the format cannot hold
 */
export function isoLayout(files: readonly ImageFile[], options: IsoOptions): ImageLayout {
  const { label, publisher = '', modified = fixedTime, boot = [] } = options;
  if (label.length === 0 || label.length > 16)
    throw new RangeError(`the label "${label}" must have 1 to 16 characters`);
  const root = buildTree(files);
  const trees = { primary: nameDirectories(root, 'primary'), joliet: nameDirectories(root, 'joliet') };

  let next = 16;
  const take = (count: number) => {
    const sector = next;
    next += count;
    return sector;
  };
  const primaryAt = take(1);
  const bootRecordAt = boot.length > 0 ? take(1) : undefined;
  const jolietAt = take(1);
  const terminatorAt = take(1);
  const catalogueAt = boot.length > 0 ? take(1) : undefined;
  const primary = placeTree(trees.primary, 'primary', take);
  const joliet = placeTree(trees.joliet, 'joliet', take);
  const placeOf = new Map<ImageFile, Place>();
  for (const file of files) {
    const length = contentSize(file.content);
    if (length > largestFile) throw new RangeError(`"${file.path}" is larger than 4 GiB`);
    placeOf.set(file, { sector: take(sectors(length)), length });
  }

  const facts = { label, publisher, modified, totalSectors: next };
  const extents: Extent[] = [];
  const put = (sector: number, content: Uint8Array) =>
    extents.push({ offset: sector * sectorSize, length: content.length, content });
  put(primaryAt, volumeDescriptor('primary', facts, primary));
  if (bootRecordAt !== undefined && catalogueAt !== undefined) put(bootRecordAt, bootRecord(catalogueAt));
  put(jolietAt, volumeDescriptor('joliet', facts, joliet));
  put(terminatorAt, terminator());
  const bootPlaces = boot.map(({ platform, path }): PlacedBootImage => {
    const file = files.find((each) => each.path === path);
    const place = file === undefined ? undefined : placeOf.get(file);
    if (place === undefined) throw new RangeError(`the boot image "${path}" is not among the files`);
    return { platform, sector: place.sector, size: place.length };
  });
  if (catalogueAt !== undefined) put(catalogueAt, bootCatalogue(bootPlaces));
  writeTree(trees.primary, 'primary', primary, placeOf, modified, put);
  writeTree(trees.joliet, 'joliet', joliet, placeOf, modified, put);
  const biosPath = boot.find(({ platform }) => platform === 'bios')?.path;
  for (const file of files) {
    const { sector, length } = placeOf.get(file) ?? { sector: 0, length: 0 };
    const raw = contentBytes(file.content);
    const offset = sector * sectorSize;
    const patched = file.path === biosPath && raw instanceof Uint8Array && raw.length >= bootInfoEnd;
    if (patched) {
      // Only the table differs between images: what follows stays the bytes that all of them share.
      extents.push({ offset, length: bootInfoEnd, content: bootInfoTable(raw, sector) });
      if (length > bootInfoEnd) {
        extents.push({
          offset: offset + bootInfoEnd,
          length: length - bootInfoEnd,
          content: raw.subarray(bootInfoEnd),
        });
      }
    } else if (length > 0) extents.push({ offset, length, content: raw });
  }
  return { size: next * sectorSize, extents };
}

type TreeKind = 'primary' | 'joliet';

interface PlacedTree extends TreePlaces {
  readonly places: ReadonlyMap<DirectoryEntry, Place>;
}

function placeTree(
  directories: readonly NamedDirectory[],
  tree: TreeKind,
  take: (count: number) => number,
): PlacedTree {
  const pathTableSize = directories.reduce((sum, { identifier }) => sum + pathRecordSize(identifier), 0);
  const littleEndianPathTable = take(sectors(pathTableSize));
  const bigEndianPathTable = take(sectors(pathTableSize));
  const places = new Map<DirectoryEntry, Place>();
  const nowhere = { sector: 0, length: 0 };
  for (const directory of directories) {
    const length = packedSize(records(directory, tree, () => nowhere, fixedTime).map((record) => record.length));
    places.set(directory.entry, { sector: take(sectors(length)), length });
  }
  const [root] = directories;
  return {
    pathTableSize,
    littleEndianPathTable,
    bigEndianPathTable,
    places,
    root: (root && places.get(root.entry)) ?? nowhere,
  };
}

function writeTree(
  directories: readonly NamedDirectory[],
  tree: TreeKind,
  { places, littleEndianPathTable, bigEndianPathTable, pathTableSize }: PlacedTree,
  files: ReadonlyMap<ImageFile, Place>,
  modified: Date,
  put: (sector: number, content: Uint8Array) => void,
): void {
  const sectorOf = (directory: NamedDirectory) => places.get(directory.entry)?.sector ?? 0;
  put(littleEndianPathTable, pathTable(directories, sectorOf, pathTableSize, true));
  put(bigEndianPathTable, pathTable(directories, sectorOf, pathTableSize, false));
  const placeOf = (entry: NamedDirectory['children'][number]['entry']) =>
    (entry.kind === 'file' ? files.get(entry.file) : places.get(entry)) ?? { sector: 0, length: 0 };
  for (const directory of directories)
    put(sectorOf(directory), packRecords(records(directory, tree, placeOf, modified)));
}

/** The records of a directory: itself, its parent, its children (ECMA-119 6.8.2.2). */
function records(
  directory: NamedDirectory,
  tree: TreeKind,
  placeOf: (entry: NamedDirectory['children'][number]['entry']) => Place,
  modified: Date,
): Uint8Array[] {
  const extra = (kind: 'file' | 'directory', name: string | undefined, identifier: number) =>
    tree === 'primary' ? rockRidge(kind, name, 255 - 34 - identifier) : undefined;
  const self =
    tree === 'joliet' ? undefined : directory.parent === undefined ? rockRidgeRoot() : extra('directory', undefined, 1);
  return [
    directoryRecord(Uint8Array.of(0), placeOf(directory.entry), 'directory', modified, self),
    directoryRecord(
      Uint8Array.of(1),
      placeOf((directory.parent ?? directory).entry),
      'directory',
      modified,
      extra('directory', undefined, 1),
    ),
    ...directory.children.map(({ identifier, entry }) =>
      directoryRecord(
        identifier,
        placeOf(entry),
        entry.kind,
        modified,
        extra(entry.kind, entry.name, identifier.length),
      ),
    ),
  ];
}

const pathRecordSize = (identifier: Uint8Array) => 8 + identifier.length + (identifier.length % 2);

/** Path table (ECMA-119 9.4), in one of the two byte orders. */
function pathTable(
  directories: readonly NamedDirectory[],
  sectorOf: (directory: NamedDirectory) => number,
  size: number,
  littleEndian: boolean,
): Uint8Array {
  const table = new Uint8Array(size);
  const view = new DataView(table.buffer);
  let at = 0;
  for (const directory of directories) {
    view.setUint8(at, directory.identifier.length);
    view.setUint32(at + 2, sectorOf(directory), littleEndian);
    view.setUint16(at + 6, directory.parent?.number ?? 1, littleEndian);
    table.set(directory.identifier, at + 8);
    at += pathRecordSize(directory.identifier);
  }
  return table;
}
