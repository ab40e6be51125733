import { MediumError, type BlockSource } from './blocks.ts';

interface Geometry {
  readonly kind: 12 | 16 | 32;
  readonly clusterBytes: number;
  readonly fatAt: number;
  readonly rootAt: number;
  readonly rootBytes: number;
  readonly rootCluster: number;
  readonly dataAt: number;
  readonly clusters: number;
}

interface FatEntry {
  readonly directory: boolean;
  readonly cluster: number;
  readonly size: number;
}

const maxDirectoryBytes = 1024 * 1024;

/** Reads files of a FAT file system that starts at `at`: what UEFI firmware does with an EFI system partition. */
export class FatVolume {
  readonly #source: BlockSource;
  readonly #at: number;
  readonly #geometry: Geometry;

  private constructor(source: BlockSource, at: number, geometry: Geometry) {
    this.#source = source;
    this.#at = at;
    this.#geometry = geometry;
  }

  /** @throws MediumError when there is no FAT file system */
  static async open(source: BlockSource, at: number): Promise<FatVolume> {
    const sector = await source.read(at, 512);
    if (sector.length < 512 || sector.readUInt16LE(510) !== 0xaa55) throw new MediumError('no FAT boot sector');
    const bytesPerSector = sector.readUInt16LE(11);
    const perCluster = sector.readUInt8(13);
    if (![512, 1024, 2048, 4096].includes(bytesPerSector) || perCluster === 0) throw new MediumError('no FAT geometry');
    const reserved = sector.readUInt16LE(14);
    const fats = sector.readUInt8(16);
    const rootEntries = sector.readUInt16LE(17);
    const total = sector.readUInt16LE(19) || sector.readUInt32LE(32);
    const fatSectors = sector.readUInt16LE(22) || sector.readUInt32LE(36);
    const rootSectors = Math.ceil((rootEntries * 32) / bytesPerSector);
    const rootSector = reserved + fats * fatSectors;
    const clusters = Math.floor((total - rootSector - rootSectors) / perCluster);
    return new FatVolume(source, at, {
      // The number of clusters alone decides the kind (Microsoft's FAT specification, section 3.5).
      kind: clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32,
      clusterBytes: perCluster * bytesPerSector,
      fatAt: reserved * bytesPerSector,
      rootAt: rootSector * bytesPerSector,
      rootBytes: rootEntries * 32,
      rootCluster: rootEntries === 0 ? sector.readUInt32LE(44) : 0,
      dataAt: (rootSector + rootSectors) * bytesPerSector,
      clusters,
    });
  }

  /** The first bytes of a file by its 8.3 path, in any case; undefined when there is no such file. */
  async head(path: string, length: number): Promise<Buffer | undefined> {
    let entry: FatEntry = { directory: true, cluster: this.#geometry.rootCluster, size: 0 };
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (!entry.directory) return undefined;
      const found = find(await this.#directory(entry.cluster), name);
      if (found === undefined) return undefined;
      entry = found;
    }
    if (entry.directory || entry.cluster < 2) return undefined;
    return (await this.#chain(entry.cluster, length)).subarray(0, Math.min(length, entry.size));
  }

  #directory(cluster: number): Promise<Buffer> {
    const { rootAt, rootBytes } = this.#geometry;
    return cluster === 0 ? this.#source.read(this.#at + rootAt, rootBytes) : this.#chain(cluster, maxDirectoryBytes);
  }

  async #chain(first: number, limit: number): Promise<Buffer> {
    const { clusterBytes, dataAt, clusters } = this.#geometry;
    const parts: Buffer[] = [];
    let read = 0;
    for (
      let cluster = first;
      cluster >= 2 && cluster < clusters + 2 && read < limit;
      cluster = await this.#next(cluster)
    ) {
      parts.push(await this.#source.read(this.#at + dataAt + (cluster - 2) * clusterBytes, clusterBytes));
      read += clusterBytes;
    }
    return Buffer.concat(parts);
  }

  async #next(cluster: number): Promise<number> {
    const { kind, fatAt } = this.#geometry;
    const offset = kind === 12 ? Math.floor(cluster * 1.5) : cluster * (kind / 8);
    const bytes = await this.#source.read(this.#at + fatAt + offset, kind === 32 ? 4 : 2);
    if (bytes.length < 2) return 0;
    if (kind === 32) return bytes.readUInt32LE(0) & 0x0fff_ffff;
    const value = bytes.readUInt16LE(0);
    if (kind === 16) return value;
    return cluster % 2 === 0 ? value & 0xfff : value >> 4;
  }
}

function find(directory: Buffer, name: string): FatEntry | undefined {
  const [base = '', extension = ''] = name.toUpperCase().split('.');
  const wanted = base.padEnd(8) + extension.padEnd(3);
  for (let at = 0; at + 32 <= directory.length; at += 32) {
    const first = directory.readUInt8(at);
    if (first === 0) return undefined;
    const attributes = directory.readUInt8(at + 11);
    const isLongNameOrLabel = (attributes & 0x08) !== 0;
    if (first === 0xe5 || isLongNameOrLabel || directory.toString('latin1', at, at + 11) !== wanted) continue;
    return {
      directory: (attributes & 0x10) !== 0,
      cluster: (directory.readUInt16LE(at + 20) << 16) | directory.readUInt16LE(at + 26),
      size: directory.readUInt32LE(at + 28),
    };
  }
  return undefined;
}
