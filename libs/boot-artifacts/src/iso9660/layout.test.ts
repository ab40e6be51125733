import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageBytes, piecesOf } from '../extents.ts';
import { readIso } from '../testing/read-iso.ts';
import { isoLayout } from './layout.ts';

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test('what is written can be read through Rock Ridge and through Joliet', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}$/).filter((text) => !text.endsWith('.'));
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const content = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(fc.dictionary(path, content, { maxKeys: 30, noNullPrototype: true }), (wanted) => {
      const paths = Object.keys(wanted);
      // A path cannot be both a file and the folder of another.
      fc.pre(!paths.some((one) => paths.some((other) => other.startsWith(`${one}/`))));
      const files = Object.entries(wanted).map(([each, text]) => ({ path: each, content: latin1(text) }));
      const image = imageBytes(isoLayout(files, { label: 'test' }));
      expect(readIso(image, 'rock-ridge')).toEqual({ label: 'test', files: wanted });
      expect(readIso(image, 'joliet')).toEqual({ label: 'test', files: wanted });
    }),
    { numRuns: 60 },
  );
});

test('many files make a directory of several sectors, and no record crosses one', () => {
  const files = Array.from({ length: 200 }, (_, at) => ({
    path: `folder/a-rather-long-file-name-${at}.config`,
    content: String(at),
  }));
  const { files: found } = readIso(imageBytes(isoLayout(files, { label: 'test' })), 'rock-ridge');
  expect(Object.keys(found)).toHaveLength(200);
  expect(found['folder/a-rather-long-file-name-77.config']).toBe('77');
});

test('any range of an image is a slice of the whole', () => {
  const layout = isoLayout(
    [
      { path: 'a', content: 'x'.repeat(3000) },
      { path: 'b/c', content: 'y' },
    ],
    { label: 'test' },
  );
  const whole = Buffer.from(imageBytes(layout));
  fc.assert(
    fc.property(fc.nat(layout.size), fc.nat(layout.size), (offset, length) => {
      const parts = [...piecesOf(layout, offset, length)].map((piece) => {
        if (piece.kind === 'bytes') return piece.bytes;
        return new Uint8Array(piece.length);
      });
      expect(Buffer.concat(parts).equals(whole.subarray(offset, offset + length))).toBe(true);
    }),
  );
});

test.each([
  ['a label that is too long', () => isoLayout([], { label: 'x'.repeat(17) })],
  ['an empty label', () => isoLayout([], { label: '' })],
  [
    'the same path twice',
    () =>
      isoLayout(
        [
          { path: 'a', content: '' },
          { path: 'a', content: '' },
        ],
        { label: 'x' },
      ),
  ],
  ['a path that climbs', () => isoLayout([{ path: '../a', content: '' }], { label: 'x' })],
  ['an absolute path', () => isoLayout([{ path: '/a', content: '' }], { label: 'x' })],
  [
    'a path through a file',
    () =>
      isoLayout(
        [
          { path: 'a', content: '' },
          { path: 'a/b', content: '' },
        ],
        { label: 'x' },
      ),
  ],
  ['a boot image that is not there', () => isoLayout([], { label: 'x', boot: [{ platform: 'uefi', path: 'esp' }] })],
  [
    'a file of 4 GiB',
    () => isoLayout([{ path: 'a', content: { kind: 'foreign', source: 'a', size: 2 ** 32 } }], { label: 'x' }),
  ],
])('%s is refused', (_what, build) => {
  expect(build).toThrow(RangeError);
});

const hasXorriso = spawnSync('xorriso', ['-version']).status === 0;
(hasXorriso ? test : test.skip)('xorriso reads the tree and both boot images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iso-'));
  try {
    const loader = new Uint8Array(8192).fill(9);
    const files = [
      { path: 'isolinux/isolinux.bin', content: loader },
      { path: 'boot/grub/efiboot.img', content: new Uint8Array(1_474_560) },
      { path: 'boot/grub/grub.cfg', content: 'set default=0\n' },
    ];
    const boot = [
      { platform: 'bios', path: 'isolinux/isolinux.bin' },
      { platform: 'uefi', path: 'boot/grub/efiboot.img' },
    ] as const;
    writeFileSync(join(folder, 'x.iso'), imageBytes(isoLayout(files, { label: 'VMEDIA_BOOT_ISO', boot })));
    const commands = ['-indev', join(folder, 'x.iso'), '-report_el_torito', 'plain', '-find', '/', '-type', 'f'];
    const report = execFileSync('xorriso', commands, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(report).toMatch(/boot img : +1 +BIOS +y +none/);
    expect(report).toMatch(/boot img : +2 +UEFI +y +none/);
    expect(report).toContain('boot-info-table');
    for (const { path } of files) expect(report).toContain(`'/${path}'`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
