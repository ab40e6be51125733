import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { efiSystemPartition } from '../src/files/esp.ts';
import { memoryBlocks } from '../src/medium/blocks.ts';
import { FatVolume } from '../src/medium/fat.ts';
import { Iso } from '../src/medium/iso9660.ts';
import { KernelLine, parseGrub, parseSyslinux } from '../src/medium/kernel-line.ts';
import { expand } from '../src/medium/qcow2.ts';
import { writeIso } from './iso-writer.ts';

test('of a repeated kernel parameter the last value counts, and double quotes keep white space', () => {
  const line = new KernelLine('a=1 quiet key="x y" a=2 "name=p q" empty=');
  expect([line.get('a'), line.get('key'), line.get('name'), line.get('empty'), line.get('none')]).toEqual([
    '2',
    'x y',
    'p q',
    '',
    undefined,
  ]);
  expect([line.flag('quiet'), line.flag('none'), new KernelLine('ipa-insecure=1').flag('ipa-insecure')]).toEqual([
    true,
    false,
    true,
  ]);
});

test.each([
  ['plain', 'menuentry "a" {\n  linux /vmlinuz x=1 y\n  initrd /initrd\n}', '/vmlinuz', ['/initrd'], 'x=1 y'],
  [
    'single quotes',
    "menuentry 'a' {\n linux /k 'u=http://[::1]:6385' 'q='\\''s'\\'''\n initrd /i\n}",
    '/k',
    ['/i'],
    "u=http://[::1]:6385 q='s'",
  ],
  ['a word with white space', 'linux /k key="a b"\ninitrd /i', '/k', ['/i'], '"key=a b"'],
  ['other loaders', 'linuxefi ($root)/k a\ninitrdefi (cd0)/i /j', '/k', ['/i', '/j'], 'a'],
  ['the default entry', 'set default=1\nmenuentry a {\nlinux /a\n}\nmenuentry b {\nlinux /b z\n}', '/b', [], 'z'],
])('a GRUB configuration with %s', (_what, text, kernel, initrds, line) => {
  const entry = parseGrub(text);
  expect([entry?.kernel, entry?.initrds, entry?.line.text]).toEqual([kernel, initrds, line]);
});

test('an ISOLINUX configuration boots its default label with the initrd of the append line', () => {
  const text = 'default two\nlabel one\n  kernel /no\nlabel two\n  kernel /k\n  append initrd=/i a=b\n';
  const entry = parseSyslinux(text);
  expect([entry?.kernel, entry?.initrds, entry?.line.get('a')]).toEqual(['/k', ['/i'], 'b']);
});

test('files of an ISO are found by their Rock Ridge names in any case', async () => {
  const iso = await Iso.open(
    memoryBlocks(writeIso({ label: 'LAB', files: { '/some/deep/folder/A long name.json': '{}' } })),
  );
  expect(iso.label).toBe('LAB');
  const file = await iso.find('/some/deep/folder/a LONG name.json');
  expect(file === undefined ? undefined : (await iso.content(file)).toString()).toBe('{}');
  expect(await iso.find('/some/other')).toBeUndefined();
  expect(iso.bootImages.map(({ platform }) => platform)).toEqual(['bios', 'uefi']);
});

test('a folder of many entries spans sectors', async () => {
  const files = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`/many/file-${index}`, String(index)]));
  const iso = await Iso.open(memoryBlocks(writeIso({ files })));
  const last = await iso.find('/many/file-119');
  expect(last === undefined ? undefined : (await iso.content(last)).toString()).toBe('119');
});

test('the EFI system partition that is served has a loader where firmware looks', async () => {
  const volume = await FatVolume.open(memoryBlocks(efiSystemPartition()), 0);
  expect((await volume.head('/EFI/BOOT/BOOTX64.EFI', 2))?.toString()).toBe('MZ');
  expect(await volume.head('/EFI/BOOT/OTHER.EFI', 2)).toBeUndefined();
});

test.each([
  ['nothing', Buffer.alloc(100_000)],
  ['noise', Buffer.alloc(100_000, 'noise')],
])('%s is no ISO and no FAT', async (_what, bytes) => {
  await expect(Iso.open(memoryBlocks(bytes))).rejects.toThrow('no ISO 9660 volume descriptor');
  await expect(FatVolume.open(memoryBlocks(bytes), 0)).rejects.toThrow(/no FAT/);
});

test('a qcow2 file with compressed and missing clusters holds the disk it was made from', () => {
  const clusterSize = 65_536;
  const first = Buffer.alloc(clusterSize, 'compressible ');
  const disk = Buffer.concat([first, Buffer.alloc(clusterSize), Buffer.alloc(512, 7)]);
  const packed = deflateRawSync(first);
  const file = Buffer.alloc(4 * clusterSize);
  file.write('QFI\xfb', 0, 'latin1');
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(16, 20);
  file.writeBigUInt64BE(BigInt(disk.length), 24);
  file.writeUInt32BE(1, 36);
  file.writeBigUInt64BE(BigInt(clusterSize), 40);
  file.writeBigUInt64BE(BigInt(2 * clusterSize), clusterSize); // L1 -> L2
  const packedAt = 3 * clusterSize + 100;
  const packedFile = Buffer.concat([file.subarray(0, packedAt), packed, Buffer.alloc(1024)]);
  const rest = Math.ceil((packed.length + (packedAt % 512)) / 512) - 1;
  packedFile.writeBigUInt64BE((1n << 62n) | (BigInt(rest) << 54n) | BigInt(packedAt), 2 * clusterSize);
  const plainAt = 5 * clusterSize;
  const whole = Buffer.concat([packedFile, Buffer.alloc(plainAt - packedFile.length), Buffer.alloc(clusterSize, 7)]);
  whole.writeBigUInt64BE(BigInt(plainAt), 2 * clusterSize + 16);
  expect(expand(whole)).toEqual({
    virtualSize: disk.length,
    sha256: createHash('sha256').update(disk).digest('hex'),
    head: disk.subarray(0, 1024),
  });
  whole.writeBigUInt64BE(BigInt(plainAt * 100), 2 * clusterSize + 16);
  expect(() => expand(whole)).toThrow('beyond the end of the file');
  whole.writeBigUInt64BE(64n, 8);
  expect(() => expand(whole)).toThrow('backing file');
});
