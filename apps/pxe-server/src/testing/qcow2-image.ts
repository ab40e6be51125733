/** A small qcow2 image made by hand, so that tests can make it wrong. */
export interface Qcow2Options {
  readonly version?: 2 | 3;
  readonly virtualSize?: bigint;
  readonly backingFile?: string;
  readonly incompatible?: bigint;
  readonly encryption?: number;
  readonly clusterBits?: number;
  readonly l1Entries?: number;
  /** Entries of the first table, and of the only second table, as they lie in the file. */
  readonly l1?: readonly bigint[];
  readonly l2?: readonly bigint[];
  readonly extensions?: readonly (readonly [type: number, data: string])[];
}

const cluster = 65_536;
/** The layout: header, first table, second table, refcounts (two clusters), data. */
export const qcow2Offsets = { l1: cluster, l2: 2 * cluster, data: 5 * cluster, size: 6 * cluster } as const;
const copied = 1n << 63n;

/** One cluster of the letter d behind a header and tables; sound unless told otherwise. */
export function qcow2Image(options: Qcow2Options = {}): Buffer {
  const { version = 3, virtualSize = BigInt(cluster), backingFile, incompatible = 0n, l1Entries = 1 } = options;
  const image = Buffer.alloc(qcow2Offsets.size);
  image.write('QFI\xfb', 0, 'latin1');
  image.writeUInt32BE(version, 4);
  if (backingFile !== undefined) {
    image.writeBigUInt64BE(1024n, 8);
    image.writeUInt32BE(backingFile.length, 16);
    image.write(backingFile, 1024, 'latin1');
  }
  image.writeUInt32BE(options.clusterBits ?? 16, 20);
  image.writeBigUInt64BE(virtualSize, 24);
  image.writeUInt32BE(options.encryption ?? 0, 32);
  image.writeUInt32BE(l1Entries, 36);
  image.writeBigUInt64BE(BigInt(qcow2Offsets.l1), 40);
  image.writeBigUInt64BE(BigInt(3 * cluster), 48);
  image.writeUInt32BE(1, 56);
  if (version === 3) {
    image.writeBigUInt64BE(incompatible, 72);
    image.writeUInt32BE(4, 96);
    image.writeUInt32BE(104, 100);
  }
  let at = version === 3 ? 104 : 72;
  for (const [type, data] of options.extensions ?? []) {
    image.writeUInt32BE(type, at);
    image.writeUInt32BE(data.length, at + 4);
    image.write(data, at + 8, 'latin1');
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  const { l1 = [copied | BigInt(qcow2Offsets.l2)], l2 = [copied | BigInt(qcow2Offsets.data)] } = options;
  for (const [index, entry] of l1.entries()) image.writeBigUInt64BE(entry, qcow2Offsets.l1 + index * 8);
  for (const [index, entry] of l2.entries()) image.writeBigUInt64BE(entry, qcow2Offsets.l2 + index * 8);
  image.writeBigUInt64BE(BigInt(4 * cluster), 3 * cluster);
  for (let index = 0; index < 6; index++) image.writeUInt16BE(1, 4 * cluster + index * 2);
  image.fill('d', qcow2Offsets.data);
  return image;
}
