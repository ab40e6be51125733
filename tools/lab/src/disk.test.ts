import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { firstUsedByte, raidMember } from './disk.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'disk-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function disk(size: number, writes: readonly (readonly [position: number, bytes: Buffer])[]): Promise<string> {
  const file = join(folder, 'disk.raw');
  const handle = await open(file, 'w');
  await handle.truncate(size);
  for (const [position, bytes] of writes) await handle.write(bytes, 0, bytes.length, position);
  await handle.close();
  return file;
}

test('a single byte that was not erased is found, wherever it is', async () => {
  const size = 9 * 1024 ** 2 + 5;
  expect(await firstUsedByte(await disk(size, []))).toBeUndefined();
  for (const at of [0, 4 * 1024 ** 2, size - 1]) {
    expect(await firstUsedByte(await disk(size, [[at, Buffer.of(1)]]))).toBe(at);
  }
});

test.each([
  ['1.2, near the beginning', 1024 * 512 + 4096],
  ['1.0, near the end', 1024 * 512 + 2048 * 512 - 8192],
])('a RAID member is known by its superblock of version %s', async (_version, at) => {
  const block = Buffer.alloc(256);
  block.writeUInt32LE(0xa92b4efc, 0);
  block.fill(0xab, 16, 32);
  block.writeInt32LE(1, 72);
  block.writeUInt32LE(2, 92);
  block.writeBigUInt64LE(264n, 128);
  const file = await disk(4096 * 512, [[at, block]]);
  expect(await raidMember(file, { start: 1024, size: 2048, name: undefined })).toEqual({
    set: 'ab'.repeat(16),
    level: 1,
    disks: 2,
    dataAt: (1024 + 264) * 512,
  });
});

test('a partition without a superblock is no RAID member', async () => {
  const file = await disk(4096 * 512, []);
  expect(await raidMember(file, { start: 1024, size: 2048, name: undefined })).toBeUndefined();
});
