import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isCodedError } from '@metal3/service';
import { qcow2Image, qcow2Offsets, type Qcow2Options } from '../../testing/qcow2-image.ts';
import { inspectImage } from './inspect.ts';
import { admit } from './policy.ts';
import { bytesReader } from './reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'formats-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inspect = (bytes: Uint8Array) => inspectImage(bytesReader(bytes));

function qemuImg(...args: string[]): void {
  execFileSync('qemu-img', args, { stdio: 'pipe', cwd: folder });
}

/** An image of 3 MiB with something in it, as QEMU makes it. */
function converted(format: string, ...options: string[]): Buffer {
  const disk = Buffer.alloc(3 * 1024 * 1024);
  disk.write('something', 1_000_000);
  writeFileSync(join(folder, 'disk.raw'), disk);
  qemuImg('convert', '-f', 'raw', '-O', format, ...options, 'disk.raw', 'disk.made');
  return readFileSync(join(folder, 'disk.made'));
}

test.each<[what: string, format: string, options: string[], found: string]>([
  ['a raw disk', 'raw', [], 'raw'],
  ['qcow2', 'qcow2', [], 'qcow2'],
  ['compressed qcow2', 'qcow2', ['-c'], 'qcow2'],
  ['qcow2 compressed with zstd', 'qcow2', ['-c', '-o', 'compression_type=zstd'], 'qcow2'],
  ['qcow2 of version 2', 'qcow2', ['-o', 'compat=0.10'], 'qcow2'],
  ['qcow2 with small clusters', 'qcow2', ['-o', 'cluster_size=512'], 'qcow2'],
  ['qcow2 with extended tables', 'qcow2', ['-o', 'extended_l2=on,cluster_size=128k'], 'qcow2'],
  ['vmdk in one sparse file', 'vmdk', ['-o', 'subformat=monolithicSparse'], 'vmdk'],
  ['vmdk for streaming', 'vmdk', ['-o', 'subformat=streamOptimized'], 'vmdk'],
  ['dynamic vhd', 'vpc', ['-o', 'subformat=dynamic,force_size=on'], 'vhd'],
  ['fixed vhd', 'vpc', ['-o', 'subformat=fixed,force_size=on'], 'vhd'],
  ['vhdx', 'vhdx', [], 'vhdx'],
  ['vdi', 'vdi', [], 'vdi'],
])('what QEMU makes is recognised, with the size of its disk: %s', async (_what, format, options, found) => {
  await expect(inspect(converted(format, ...options))).resolves.toEqual({
    format: found,
    virtualSize: 3 * 1024 * 1024,
  });
});

test.each<[what: string, make: () => void, file: string]>([
  [
    'qcow2',
    () => qemuImg('create', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', '-u', 'over.img', '1M'),
    'over.img',
  ],
  ['qcow2 with its data elsewhere', () => qemuImg('create', '-f', 'qcow2', '-o', 'data_file=out.raw', 'ext.img', '1M'), 'ext.img'], // prettier-ignore
  ['vmdk of two files', () => qemuImg('create', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', 'flat.vmdk', '1M'), 'flat.vmdk'], // prettier-ignore
  ['vmdk over another', () => {
      qemuImg('create', '-f', 'vmdk', 'base.vmdk', '1M');
      qemuImg('create', '-f', 'vmdk', '-b', 'base.vmdk', '-F', 'vmdk', 'child.vmdk');
    }, 'child.vmdk'], // prettier-ignore
  ['encrypted qcow2', () => qemuImg('create', '-f', 'qcow2', '--object', 'secret,id=s,data=abc', '-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10', 'enc.img', '1M'), 'enc.img'], // prettier-ignore
])('what QEMU makes but leads elsewhere is refused: %s', async (_what, make, file) => {
  make();
  await expect(inspect(readFileSync(join(folder, file)))).rejects.toMatchObject({ code: 'IMAGE-UNSAFE' });
});

const hostile: [what: string, options: Qcow2Options, code: string, words: RegExp][] = [
  ['a backing file', { backingFile: '/etc/shadow' }, 'IMAGE-UNSAFE', /backing file/],
  ['its data in another file', { incompatible: 4n }, 'IMAGE-UNSAFE', /another file/],
  ['the name of another file in an extension', { extensions: [[0x44415441, '/dev/sda']] }, 'IMAGE-UNSAFE', /another file/], // prettier-ignore
  ['features nobody knows', { incompatible: 1n << 40n }, 'IMAGE-UNSAFE', /unknown features/],
  ['the mark of corruption', { incompatible: 2n }, 'IMAGE-MALFORMED', /corrupt/],
  ['encryption', { encryption: 1 }, 'IMAGE-UNSAFE', /encrypted/],
  ['clusters of 2^40 bytes', { clusterBits: 40 }, 'IMAGE-MALFORMED', /clusters/],
  ['a disk larger than its tables', { virtualSize: 1n << 60n }, 'IMAGE-MALFORMED', /too short/],
  [
    'a first table larger than any',
    { l1Entries: 0xffffffff, virtualSize: 1n << 60n },
    'IMAGE-MALFORMED',
    /first table/,
  ],
  ['a first table beyond the end', { l1Entries: 100_000 }, 'IMAGE-MALFORMED', /cut off/],
  ['a first table that leads to itself', { l1: [BigInt(qcow2Offsets.l1)] }, 'IMAGE-MALFORMED', /over one another/],
  ['a first table that leads to the header', { l1Entries: 2, l1: [1n << 63n, 65_536n * 0n + 512n] }, 'IMAGE-MALFORMED', /begin at a cluster/], // prettier-ignore
  [
    'two entries for one second table',
    { l1Entries: 2, l1: [131_072n, 131_072n] },
    'IMAGE-MALFORMED',
    /over one another/,
  ],
  ['a second table beyond the end', { l1: [1n << 40n] }, 'IMAGE-MALFORMED', /cut off/],
  ['a second table that leads to itself', { l2: [BigInt(qcow2Offsets.l2)] }, 'IMAGE-MALFORMED', /over its tables/],
  ['a second table that leads to the first', { l2: [BigInt(qcow2Offsets.l1)] }, 'IMAGE-MALFORMED', /over its tables/],
  ['data beyond the end', { l2: [1n << 45n] }, 'IMAGE-MALFORMED', /cut off in its data/],
  ['compressed data beyond the end', { l2: [(1n << 62n) | (1n << 50n)] }, 'IMAGE-MALFORMED', /cut off in its data/],
];

test.each(hostile)('a qcow2 image with %s is refused', async (_what, options, code, words) => {
  await expect(inspect(qcow2Image(options))).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
});

test('the image that the hostile ones are made from is sound, for us and for QEMU', async () => {
  await expect(inspect(qcow2Image())).resolves.toEqual({ format: 'qcow2', virtualSize: 65_536 });
  writeFileSync(join(folder, 'made.qcow2'), qcow2Image());
  qemuImg('check', '-f', 'qcow2', 'made.qcow2');
  qemuImg('convert', '-f', 'qcow2', '-O', 'raw', 'made.qcow2', 'made.raw');
  expect(readFileSync(join(folder, 'made.raw')).equals(Buffer.alloc(65_536, 'd'))).toBe(true);
});

test('a qcow2 image that is cut off anywhere is refused', async () => {
  const whole = converted('qcow2');
  for (let size = 8; size < whole.length - 65_536; size += 4_099) {
    await expect(inspect(whole.subarray(0, size))).rejects.toMatchObject({ code: 'IMAGE-MALFORMED' });
  }
});

test('a file that is several things at once is refused', async () => {
  const image = converted('qcow2');
  const polyglot = Buffer.concat([image, Buffer.alloc(512)]);
  polyglot.write('conectix', image.length, 'latin1');
  await expect(inspect(polyglot)).rejects.toMatchObject({ code: 'IMAGE-UNSAFE', message: expect.stringMatching(/qcow2, vhd/) }); // prettier-ignore
  const cd = Buffer.from(qcow2Image());
  cd.write('CD001', 32_769, 'latin1');
  await expect(inspect(cd)).rejects.toMatchObject({ message: expect.stringMatching(/qcow2, iso/) });
});

test.each<[what: string, make: (disk: Buffer) => void, found: string]>([
  ['a GPT', (disk) => disk.write('EFI PART', 512), 'gpt'],
  ['a partition table', (disk) => (disk.writeUInt8(0x83, 450), disk.writeUInt32LE(100, 458)), 'gpt'],
  ['only a boot sector', () => {}, 'raw'],
  [
    'a CD that starts from a USB stick too',
    (disk) => (disk.write('EFI PART', 512), disk.write('CD001', 32_769)),
    'iso',
  ],
])('a disk with %s is told apart', async (_what, make, found) => {
  const disk = Buffer.alloc(64 * 1024);
  disk.writeUInt16LE(0xaa55, 510);
  make(disk);
  await expect(inspect(disk)).resolves.toEqual({ format: found, virtualSize: disk.length });
});

test('a declaration has to fit, and raw covers every disk', () => {
  const policy = { permitted: ['raw', 'gpt', 'qcow2'], largestDisk: 1_000 };
  const image = (format: 'raw' | 'gpt' | 'qcow2' | 'vmdk' | 'iso', virtualSize = 10) => ({ format, virtualSize });
  admit(image('gpt'), 'raw', policy);
  admit(image('qcow2'), 'QCOW2', policy);
  admit(image('raw'), '', policy);
  const refused = (...args: Parameters<typeof admit>) => {
    try {
      admit(...args);
    } catch (error) {
      return isCodedError(error) ? error.code : error;
    }
    return 'admitted';
  };
  expect(refused(image('qcow2'), 'raw', policy)).toBe('IMAGE-FORMAT-MISMATCH');
  expect(refused(image('raw'), 'qcow2', policy)).toBe('IMAGE-FORMAT-MISMATCH');
  expect(refused(image('vmdk'), '', policy)).toBe('IMAGE-FORMAT-NOT-PERMITTED');
  expect(refused(image('iso'), 'raw', policy)).toBe('IMAGE-FORMAT-NOT-PERMITTED');
  expect(refused(image('qcow2', 1_001), 'qcow2', policy)).toBe('IMAGE-TOO-LARGE');
});

/** A sound image, for its beginning to be spoilt. */
const sound = ['qcow2', 'vmdk', 'vpc', 'vhdx', 'vdi'].map((format) => converted(format));

test('whatever the bytes are, the answer is a verdict or a coded error, and never a read of more than the file', async () => {
  const edits = fc.array(fc.tuple(fc.nat(2_000), fc.uint8Array({ minLength: 1, maxLength: 8 })), { maxLength: 6 });
  const spoilt = fc.tuple(fc.constantFrom(...sound), edits, fc.nat(400_000)).map(([image, changes, cut]) => {
    const copy = Buffer.from(image.subarray(0, image.length - cut));
    for (const [at, bytes] of changes)
      copy.set(bytes.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
    return copy;
  });
  const any = fc.oneof(spoilt, fc.uint8Array({ maxLength: 40_000 }).map(Buffer.from));
  await fc.assert(
    fc.asyncProperty(any, async (bytes) => {
      let read = 0;
      const reader = bytesReader(bytes);
      const counted = {
        size: reader.size,
        read(offset: number, length: number) {
          read += Math.max(0, Math.min(length, reader.size - offset));
          return reader.read(offset, length);
        },
      };
      try {
        const { virtualSize } = await inspectImage(counted);
        expect(Number.isSafeInteger(virtualSize) && virtualSize >= 0).toBe(true);
      } catch (error) {
        expect(isCodedError(error) && ['IMAGE-UNSAFE', 'IMAGE-MALFORMED'].includes(error.code) ? '' : error).toBe('');
      }
      expect(read).toBeLessThanOrEqual(bytes.length * 2 + 400_000);
    }),
    { numRuns: 500 },
  );
});
