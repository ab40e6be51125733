import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { FatType } from './geometry.ts';
import { fatImage } from './image.ts';

const files = [
  { path: 'EFI/BOOT/BOOTX64.EFI', content: new Uint8Array(300_000).fill(7) },
  { path: 'EFI/BOOT/grub.cfg', content: 'set default=0\n' },
  { path: 'a long file name.txt', content: 'long' },
  ...Array.from({ length: 40 }, (_, at) => ({ path: `many/file number ${at}.config`, content: String(at) })),
];

test.each<[FatType, number]>([
  ['fat12', 4084],
  ['fat16', 65_524],
  ['fat32', 0x0fff_fff5],
])('%s has the number of clusters by which drivers tell the types apart', (type, most) => {
  const image = fatImage(files, { type });
  const view = new DataView(image.buffer);
  const total = view.getUint16(19, true) || view.getUint32(32, true);
  const perFat = view.getUint16(22, true) || view.getUint32(36, true);
  const overhead = view.getUint16(14, true) + 2 * perFat + view.getUint16(17, true) / 16;
  const clusters = Math.floor((total - overhead) / view.getUint8(13));
  expect(clusters).toBeLessThanOrEqual(most);
  expect(clusters).toBeGreaterThan({ fat12: 0, fat16: 4084, fat32: 65_524 }[type]);
  expect(image.length).toBe(total * 512);
});

test('the same files give the same bytes', () => {
  expect(Buffer.from(fatImage(files)).equals(Buffer.from(fatImage(files)))).toBe(true);
});

test('an image is as large as asked', () => {
  expect(fatImage([], { minimumSize: 3_000_000 }).length).toBeGreaterThanOrEqual(3_000_000);
});

test.each(['a:b', 'x*y', 'tab\tname'])('the name "%s" is refused', (path) => {
  expect(() => fatImage([{ path, content: '' }])).toThrow(RangeError);
});

const hasTools =
  spawnSync('fsck.fat', ['--help']).error === undefined && spawnSync('mcopy', ['-V']).error === undefined;
(hasTools ? test : test.skip).each<FatType>(['fat12', 'fat16', 'fat32'])('fsck.fat and mtools accept %s', (type) => {
  const folder = mkdtempSync(join(tmpdir(), 'fat-'));
  try {
    const path = join(folder, 'x.img');
    writeFileSync(path, fatImage(files, { type, label: 'ESP' }));
    execFileSync('fsck.fat', ['-n', path]);
    for (const { path: name, content } of files.slice(0, 6)) {
      const read = execFileSync('mtype', ['-i', path, `::/${name}`], { maxBuffer: 1_000_000 });
      expect(read.equals(Buffer.from(content))).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
