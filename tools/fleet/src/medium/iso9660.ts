import { MediumError, type BlockSource } from './blocks.ts';

const sector = 2048;
const descriptorsAt = 16;
const maxDescriptors = 64;
const maxDirectory = 4 * 1024 * 1024;

/** A file or folder on an ISO 9660 file system. */
export interface IsoEntry {
  readonly name: string;
  readonly directory: boolean;
  /** Byte offset and size of the content. */
  readonly offset: number;
  readonly size: number;
}

/** Which firmware an El Torito boot entry is for. */
export type BootPlatform = 'bios' | 'uefi';

export interface BootImage {
  readonly platform: BootPlatform;
  readonly offset: number;
  /** Bytes as the catalogue says; firmware reads more when it finds a FAT file system there. */
  readonly size: number;
}

/** An opened ISO 9660 file system: names by Rock Ridge where present, else the plain ones; look-ups ignore case. */
export class Iso {
  readonly label: string;
  /** The publisher field, where Ironic leaves the id of the config drive. */
  readonly publisher: string;
  readonly bootImages: readonly BootImage[];
  readonly #source: BlockSource;
  readonly #root: IsoEntry;

  private constructor(source: BlockSource, primary: Buffer, bootImages: readonly BootImage[]) {
    this.#source = source;
    this.label = text(primary, 40, 32);
    this.publisher = text(primary, 318, 128);
    this.bootImages = bootImages;
    this.#root = {
      name: '/',
      directory: true,
      offset: primary.readUInt32LE(158) * sector,
      size: primary.readUInt32LE(166),
    };
  }

  /** @throws MediumError when this is no ISO 9660 file system */
  static async open(source: BlockSource): Promise<Iso> {
    let primary: Buffer | undefined;
    let catalogue: number | undefined;
    for (let index = 0; index < maxDescriptors; index++) {
      const descriptor = await source.read((descriptorsAt + index) * sector, sector);
      if (descriptor.length < sector || descriptor.toString('latin1', 1, 6) !== 'CD001') break;
      const type = descriptor.readUInt8(0);
      if (type === 255) break;
      if (type === 1) primary ??= descriptor;
      if (type === 0 && text(descriptor, 7, 32).startsWith('EL TORITO')) catalogue = descriptor.readUInt32LE(71);
    }
    if (primary === undefined) throw new MediumError('no ISO 9660 volume descriptor at sector 16');
    const images = catalogue === undefined ? [] : bootImages(await source.read(catalogue * sector, sector));
    return new Iso(source, primary, images);
  }

  /** The entry at an absolute path, or undefined. */
  async find(path: string): Promise<IsoEntry | undefined> {
    let entry = this.#root;
    for (const wanted of path.split('/').filter((part) => part !== '')) {
      if (!entry.directory) return undefined;
      const next = (await this.list(entry)).find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
      if (next === undefined) return undefined;
      entry = next;
    }
    return entry;
  }

  /** The entries of a folder. */
  async list(folder: IsoEntry = this.#root): Promise<IsoEntry[]> {
    if (folder.size > maxDirectory) throw new MediumError(`folder ${folder.name} claims ${folder.size} bytes`);
    const bytes = await this.#source.read(folder.offset, folder.size);
    const entries: IsoEntry[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = bytes.readUInt8(at);
      if (length === 0) {
        at = (Math.floor(at / sector) + 1) * sector; // records do not cross sectors
        continue;
      }
      if (at + length > bytes.length || length < 34) throw new MediumError(`broken directory record in ${folder.name}`);
      const record = bytes.subarray(at, at + length);
      at += length;
      const nameLength = record.readUInt8(32);
      const isSelfOrParent = nameLength === 1 && record.readUInt8(33) <= 1;
      if (isSelfOrParent) continue;
      entries.push({
        name: rockRidgeName(record, nameLength) ?? plainName(record.toString('latin1', 33, 33 + nameLength)),
        directory: (record.readUInt8(25) & 2) !== 0,
        offset: record.readUInt32LE(2) * sector,
        size: record.readUInt32LE(10),
      });
    }
    return entries;
  }

  /** The content of a file, which must not be larger than `limit`. */
  async content(file: IsoEntry, limit = 1024 * 1024): Promise<Buffer> {
    if (file.size > limit) throw new MediumError(`${file.name} is larger than ${limit} bytes`);
    return this.read(file, 0, file.size);
  }

  /** Part of a file. @throws MediumError when the medium ends before the file does */
  async read(file: IsoEntry, offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, file.size - offset));
    const bytes = await this.#source.read(file.offset + offset, wanted);
    if (bytes.length < wanted) throw new MediumError(`${file.name}: the medium ends inside this file`);
    return bytes;
  }
}

/** El Torito boot catalogue: validation entry, default entry, then sections for other platforms. */
function bootImages(catalogue: Buffer): BootImage[] {
  const images: BootImage[] = [];
  if (catalogue.length < 64 || catalogue.readUInt8(0) !== 1 || catalogue.readUInt16LE(30) !== 0xaa55) return images;
  let platform = catalogue.readUInt8(1);
  for (let at = 32; at + 32 <= catalogue.length; at += 32) {
    const indicator = catalogue.readUInt8(at);
    if (indicator === 0x90 || indicator === 0x91) platform = catalogue.readUInt8(at + 1);
    else if (indicator === 0x88) {
      const image = { offset: catalogue.readUInt32LE(at + 8) * sector, size: catalogue.readUInt16LE(at + 6) * 512 };
      if (platform === 0) images.push({ platform: 'bios', ...image });
      if (platform === 0xef) images.push({ platform: 'uefi', ...image });
    } else if (indicator !== 0 && indicator !== 0x44) break;
  }
  return images;
}

/** The name in the Rock Ridge NM entries of a record's system use area (RRIP 4.1.4), if any. */
function rockRidgeName(record: Buffer, nameLength: number): string | undefined {
  let at = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  let name = '';
  while (at + 5 <= record.length) {
    const length = record.readUInt8(at + 2);
    if (length < 4 || at + length > record.length) break;
    if (record.toString('latin1', at, at + 2) === 'NM') name += record.toString('utf8', at + 5, at + length);
    at += length;
  }
  return name === '' ? undefined : name;
}

const plainName = (name: string) => name.replace(/;\d+$/, '').replace(/\.$/, '');
const text = (bytes: Buffer, offset: number, length: number) =>
  bytes.toString('latin1', offset, offset + length).replace(/[\0 ]+$/, '');
