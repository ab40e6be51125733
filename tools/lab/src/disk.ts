import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
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
