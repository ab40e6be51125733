import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { MediumError } from './blocks.ts';

/** What the disk inside a qcow2 file holds. */
export interface Expanded {
  readonly virtualSize: number;
  /** SHA-256 of the whole disk, zeros for what the file does not hold. */
  readonly sha256: string;
  /** The first KiB. */
  readonly head: Buffer;
}

interface Header {
  readonly virtualSize: number;
  readonly clusterBits: number;
  readonly l1At: number;
  readonly l1Entries: number;
}

const offsetMask = 0x00ff_ffff_ffff_fe00n;
const compressedFlag = 1n << 62n;
const zeroFlag = 1n;
/** Features that change how clusters are read: corrupt, external data file, other compression, extended L2 entries. */
const unknownFeatures = 0b1_1110n;
const maxVirtualSize = 1024 ** 4;

export const isQcow2 = (head: Buffer) => head.length >= 72 && head.toString('latin1', 0, 4) === 'QFI\xfb';

/** Reads a qcow2 header and refuses what must not be opened. @throws MediumError */
export function readHeader(file: Buffer): Header {
  if (!isQcow2(file)) throw new MediumError('no qcow2 header');
  const version = file.readUInt32BE(4);
  if (version < 2 || version > 3) throw new MediumError(`qcow2 version ${version} is not supported`);
  if (file.readBigUInt64BE(8) !== 0n) throw new MediumError('a qcow2 image with a backing file is not safe');
  if (file.readUInt32BE(32) !== 0) throw new MediumError('an encrypted qcow2 image cannot be written');
  if (version === 3 && (file.readBigUInt64BE(72) & unknownFeatures) !== 0n) {
    throw new MediumError('the qcow2 image uses features that are not safe (data file, extended tables or corrupt)');
  }
  const virtualSize = Number(file.readBigUInt64BE(24));
  const clusterBits = file.readUInt32BE(20);
  if (virtualSize > maxVirtualSize)
    throw new MediumError(`a virtual size of ${virtualSize} bytes does not fit the disk`);
  if (clusterBits < 9 || clusterBits > 21) throw new MediumError(`qcow2 clusters of 2^${clusterBits} bytes`);
  return { virtualSize, clusterBits, l1At: Number(file.readBigUInt64BE(40)), l1Entries: file.readUInt32BE(36) };
}

/** Converts a whole qcow2 file as far as its digest and first KiB. @throws MediumError when its tables lead nowhere */
export function expand(file: Buffer): Expanded {
  const header = readHeader(file);
  const clusterBytes = 2 ** header.clusterBits;
  const zeros = Buffer.alloc(clusterBytes);
  const hash = createHash('sha256');
  const head = Buffer.alloc(1024);
  for (let at = 0; at < header.virtualSize; at += clusterBytes) {
    const data = cluster(file, header, at / clusterBytes) ?? zeros;
    const part = data.subarray(0, Math.min(clusterBytes, header.virtualSize - at));
    hash.update(part);
    if (at < head.length) part.copy(head, at, 0, head.length - at);
  }
  return { virtualSize: header.virtualSize, sha256: hash.digest('hex'), head };
}

function cluster(file: Buffer, { clusterBits, l1At, l1Entries }: Header, index: number): Buffer | undefined {
  const perTable = 2 ** (clusterBits - 3);
  const l1Index = Math.floor(index / perTable);
  if (l1Index >= l1Entries) throw new MediumError('the qcow2 L1 table is too short for the disk');
  const l2At = Number(entry(file, l1At + l1Index * 8) & offsetMask);
  if (l2At === 0) return undefined;
  const found = entry(file, l2At + (index % perTable) * 8);
  if ((found & compressedFlag) !== 0n) return inflated(file, found, clusterBits);
  const at = Number(found & offsetMask);
  if (at === 0 || (found & zeroFlag) !== 0n) return undefined;
  return slice(file, at, 2 ** clusterBits);
}

/** Compressed clusters: the offset in the low bits, the number of further 512-byte sectors above it. */
function inflated(file: Buffer, found: bigint, clusterBits: number): Buffer {
  const offsetBits = BigInt(62 - (clusterBits - 8));
  const at = Number(found & ((1n << offsetBits) - 1n));
  const sectors = Number((found & (compressedFlag - 1n)) >> offsetBits) + 1;
  const bytes = slice(file, at, Math.min(sectors * 512 - (at % 512), file.length - at));
  try {
    return inflateRawSync(bytes, { maxOutputLength: 2 ** clusterBits });
  } catch (cause) {
    throw new MediumError(
      `a compressed qcow2 cluster is broken: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

const entry = (file: Buffer, at: number) => slice(file, at, 8).readBigUInt64BE(0);

function slice(file: Buffer, at: number, length: number): Buffer {
  if (at < 0 || at + length > file.length) throw new MediumError('a qcow2 table points beyond the end of the file');
  return file.subarray(at, at + length);
}
