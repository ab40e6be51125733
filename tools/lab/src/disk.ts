import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Partition {
  readonly start: number;
  readonly size: number;
  readonly name: string | undefined;
}

/** The partitions of a disk, read from outside; none when it has no table. Sectors of 512 bytes. */
export async function partitions(file: string): Promise<readonly Partition[]> {
  const table = await run('sfdisk', ['--json', file]).catch(() => undefined);
  if (table === undefined) return [];
  const { partitiontable } = JSON.parse(table.stdout) as {
    partitiontable: { partitions?: { start: number; size: number; name?: string }[] };
  };
  return (partitiontable.partitions ?? []).map(({ start, size, name }) => ({ start, size, name }));
}

/** Bytes of a disk. */
export async function bytesAt(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What somebody left on a disk, and where. */
export interface Traces {
  /** Of the disk, in bytes. */
  readonly size: number;
  /** By which a file system is known. */
  readonly signature: Trace;
  /** Near the beginning, in the middle and near the end of the data. */
  readonly data: readonly Trace[];
}

export interface Trace {
  readonly at: number;
  readonly bytes: Buffer;
}

const mib = 1024 ** 2;

/** Makes a disk that somebody used: a GPT with one partition, a file system in it, and data. Nothing may have it open. */
export async function leaveBehind(file: string, size: number): Promise<Traces> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'w+');
  try {
    await handle.truncate(size);
    const table = run('sfdisk', ['--quiet', file]);
    table.child.stdin?.end('label: gpt\nstart=2048, type=linux\n');
    await table;
    await run('mkfs.ext4', ['-q', '-E', `nodiscard,offset=${mib}`, file, `${Math.floor(size / 1024) - 2048}k`]);
    // The magic number in the superblock, which begins 1 KiB after the partition.
    const signature = { at: mib + 1024 + 0x38, bytes: Buffer.from([0x53, 0xef]) };
    const data = [64 * mib, Math.floor(size / 2 / mib) * mib, size - 64 * mib].map((at) => ({
      at,
      bytes: randomBytes(64 * 1024),
    }));
    for (const { at, bytes } of data) await handle.write(bytes, 0, bytes.length, at);
    return { size, signature, data };
  } finally {
    await handle.close();
  }
}

/** Position of the first byte that is not zero; undefined when there is none. */
export async function firstUsedByte(file: string): Promise<number | undefined> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(4 * mib);
    const zeros = Buffer.alloc(buffer.length);
    for (let at = 0; ;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return undefined;
      if (!buffer.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead)))
        return at + buffer.subarray(0, bytesRead).findIndex((byte) => byte !== 0);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** A member of a Linux software RAID, as its superblock tells. */
export interface RaidMember {
  /** UUID of the volume. */
  readonly set: string;
  readonly level: number;
  readonly disks: number;
  /** Where on the disk the volume's first byte is. */
  readonly dataAt: number;
}

/** Reads the superblock of a partition; undefined when it has none of version 1.0 or 1.2. */
export async function raidMember(file: string, { start, size }: Partition): Promise<RaidMember | undefined> {
  const begin = start * 512;
  // 4 KiB after the beginning, or at least 8 KiB before the end and on a boundary of 4 KiB.
  for (const at of [begin + 4096, begin + Math.floor((size - 16) / 8) * 4096]) {
    const block = await bytesAt(file, at, 256);
    if (block.length < 256 || block.readUInt32LE(0) !== raidMagic) continue;
    return {
      set: block.subarray(16, 32).toString('hex'),
      level: block.readInt32LE(72),
      disks: block.readUInt32LE(92),
      dataAt: begin + Number(block.readBigUInt64LE(128)) * 512,
    };
  }
  return undefined;
}

/** Magic number of a Linux RAID superblock, little-endian. */
const raidMagic = 0xa92b4efc;
