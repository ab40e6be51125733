import { safe, type ImageReader } from './reader.ts';
import { malformed, unsafe, type Inspection } from './verdict.ts';

// Layout: QEMU docs/interop/qcow2.rst.
const incompatible = { dirty: 0n, corrupt: 1n, externalData: 2n, compression: 3n, extendedL2: 4n } as const;
const knownFeatures = Object.values(incompatible).reduce<bigint>((bits, bit) => bits | (1n << bit), 0n);
const extensionExternalData = 0x44415441;
const offsetMask = 0x00ff_ffff_ffff_fe00n;
/** As QEMU has it. */
const largestL1 = 32 * 1024 * 1024;

interface Header {
  readonly clusterBits: number;
  readonly virtualSize: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly l2EntrySize: 8 | 16;
}

/**
 * Reads the header and walks all tables: a converter follows them, so none may lead out of the file, to other files, or round in circles.
 * Reads as much as there are tables, about an eight thousandth of the data.
 *
 * @throws CodedError IMAGE-UNSAFE, IMAGE-MALFORMED
 */
export async function inspectQcow2(reader: ImageReader): Promise<Inspection> {
  const header = await readHeader(reader);
  await walkTables(reader, header);
  return { format: 'qcow2', virtualSize: header.virtualSize };
}

async function readHeader(reader: ImageReader): Promise<Header> {
  const bytes = await reader.read(0, 112);
  if (bytes.length < 72) throw malformed('qcow2', 'is shorter than its header');
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw malformed('qcow2', `has the unknown version ${version}`);
  if (bytes.readBigUInt64BE(8) !== 0n) throw unsafe('qcow2', 'has a backing file');
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw malformed('qcow2', `has clusters of 2^${clusterBits} bytes`);
  if (bytes.readUInt32BE(32) !== 0) throw unsafe('qcow2', 'is encrypted');
  const cluster = 2 ** clusterBits;
  let l2EntrySize: 8 | 16 = 8;
  let headerLength = 72;
  if (version === 3) {
    if (bytes.length < 104) throw malformed('qcow2', 'is shorter than its header');
    const features = bytes.readBigUInt64BE(72);
    const has = (bit: bigint) => (features & (1n << bit)) !== 0n;
    if (has(incompatible.externalData)) throw unsafe('qcow2', 'keeps its data in another file');
    if (has(incompatible.corrupt)) throw malformed('qcow2', 'is marked as corrupt');
    if ((features & ~knownFeatures) !== 0n)
      throw unsafe('qcow2', `needs unknown features (0x${features.toString(16)})`);
    if (has(incompatible.extendedL2)) l2EntrySize = 16;
    headerLength = bytes.readUInt32BE(100);
    if (headerLength < 104 || headerLength > cluster) throw malformed('qcow2', `has a header of ${headerLength} bytes`);
  }
  await checkExtensions(reader, headerLength, cluster);
  return {
    clusterBits,
    virtualSize: safe(bytes.readBigUInt64BE(24)),
    l1Entries: bytes.readUInt32BE(36),
    l1Offset: safe(bytes.readBigUInt64BE(40)),
    l2EntrySize,
  };
}

/** Header extensions: type and length, four bytes each, then the data padded to eight; type 0 ends them. */
async function checkExtensions(reader: ImageReader, start: number, cluster: number): Promise<void> {
  const area = await reader.read(start, cluster - start);
  for (let at = 0; at + 8 <= area.length;) {
    const type = area.readUInt32BE(at);
    const length = area.readUInt32BE(at + 4);
    if (type === 0) return;
    if (type === extensionExternalData) throw unsafe('qcow2', 'names another file for its data');
    if (length > area.length - at - 8)
      throw malformed('qcow2', 'has a header extension that is longer than the header');
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

async function walkTables(reader: ImageReader, header: Header): Promise<void> {
  const { clusterBits, virtualSize, l1Entries, l1Offset, l2EntrySize } = header;
  const cluster = 2 ** clusterBits;
  const l1Bytes = l1Entries * 8;
  const perL2 = cluster / l2EntrySize;
  if (l1Entries < Math.ceil(virtualSize / (perL2 * cluster))) {
    throw malformed('qcow2', `has a table of ${l1Entries} entries, too short for ${virtualSize} bytes`);
  }
  if (l1Bytes > largestL1) throw malformed('qcow2', `has a first table of ${l1Bytes} bytes`);
  if (l1Offset % cluster !== 0) throw malformed('qcow2', 'has a first table that does not begin at a cluster');
  if (l1Offset + l1Bytes > reader.size) throw malformed('qcow2', 'is cut off in its first table');

  const metadata = new Set<number>([0]);
  for (let at = l1Offset; at < l1Offset + l1Bytes; at += cluster) {
    if (metadata.has(at / cluster)) throw malformed('qcow2', 'has tables that lie over one another');
    metadata.add(at / cluster);
  }
  const l1 = await reader.read(l1Offset, l1Bytes);
  const tables: number[] = [];
  for (let at = 0; at < l1.length; at += 8) {
    const offset = safe(l1.readBigUInt64BE(at) & offsetMask);
    if (offset === 0) continue;
    if (offset % cluster !== 0) throw malformed('qcow2', 'has a second table that does not begin at a cluster');
    if (offset + cluster > reader.size) throw malformed('qcow2', 'is cut off in a second table');
    if (metadata.has(offset / cluster)) throw malformed('qcow2', 'has tables that lie over one another');
    metadata.add(offset / cluster);
    tables.push(offset);
  }
  for (const table of tables) checkL2(await reader.read(table, cluster), header, metadata, reader.size);
}

function checkL2(table: Buffer, { clusterBits, l2EntrySize }: Header, metadata: ReadonlySet<number>, size: number) {
  const cluster = 2 ** clusterBits;
  // The upper bits of a compressed cluster's entry are its length in sectors.
  const compressedMask = (1n << BigInt(62 - (clusterBits - 8))) - 1n;
  for (let at = 0; at < table.length; at += l2EntrySize) {
    const entry = table.readBigUInt64BE(at);
    if (entry === 0n) continue;
    const compressed = (entry & (1n << 62n)) !== 0n;
    const offset = safe(compressed ? entry & compressedMask : entry & offsetMask);
    if (offset === 0) continue;
    if (!compressed && offset % cluster !== 0) throw malformed('qcow2', 'has data that does not begin at a cluster');
    if (offset >= size) throw malformed('qcow2', 'is cut off in its data');
    if (metadata.has(Math.floor(offset / cluster))) throw malformed('qcow2', 'has data that lies over its tables');
  }
}
