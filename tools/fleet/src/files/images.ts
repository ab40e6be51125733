import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { efiSystemPartition } from './esp.ts';

/** A file the fleet serves, made from nothing but its name and size. */
export interface ServedFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly type: string;
}

const kernelSize = 64 * 1024;
const ramdiskPayload = 128 * 1024;
const clusterSize = 64 * 1024;

/** The files a stack needs to provision machines: agent kernel and ramdisk, disk images, checksums. */
export function servedFiles(imageSize: number): Map<string, ServedFile> {
  const raw = rawDisk(imageSize);
  const other = rawDisk(imageSize, 'second');
  const binaries: [path: string, bytes: Buffer][] = [
    ['/ipa/vmlinuz', kernel()],
    ['/ipa/initramfs', ramdisk()],
    ['/ipa/esp.img', efiSystemPartition()],
    ['/images/tiny.raw', raw],
    ['/images/tiny.qcow2', qcow2(raw)],
    ['/images/second.raw', other],
    ['/images/second.qcow2', qcow2(other)],
  ];
  const files = new Map<string, ServedFile>();
  const sums: Readonly<Record<string, string[]>> = { md5: [], sha256: [], sha512: [] };
  for (const [path, bytes] of binaries) {
    files.set(path, { path, bytes, type: 'application/octet-stream' });
    if (!path.startsWith('/images/')) continue;
    const name = path.slice('/images/'.length);
    for (const [algorithm, lines] of Object.entries(sums)) {
      const line = `${createHash(algorithm).update(bytes).digest('hex')}  ${name}\n`;
      lines.push(line);
      addText(files, `${path}.${algorithm}sum`, line);
    }
  }
  for (const [algorithm, lines] of Object.entries(sums))
    addText(files, `/images/${algorithm.toUpperCase()}SUMS`, lines.join(''));
  return files;
}

function addText(files: Map<string, ServedFile>, path: string, text: string): void {
  files.set(path, { path, bytes: Buffer.from(text), type: 'text/plain' });
}

/** A disk with a protective MBR and a GPT header in front of reproducible content. */
function rawDisk(size: number, label = 'tiny'): Buffer {
  const disk = Buffer.alloc(size);
  let block = createHash('sha256').update(`fleet disk ${label}`).digest();
  for (let at = 2048; at < size; at += block.length * 64) {
    block = createHash('sha256').update(block).digest();
    block.copy(disk, at);
  }
  disk.write(`hello from image ${label}\n`, 1024);
  disk.writeUInt8(0xee, 450); // one partition of type GPT protective
  disk.writeUInt32LE(1, 454);
  disk.writeUInt32LE(Math.max(1, size / 512 - 1), 458);
  disk.writeUInt16LE(0xaa55, 510);
  disk.write('EFI PART', 512, 'latin1');
  disk.writeUInt32LE(0x00010000, 520);
  disk.writeUInt32LE(92, 524);
  return disk;
}

/** The same disk as qcow2, version 3, every cluster allocated (layout: header, L1, L2, refcount table, refcounts, data). */
function qcow2(disk: Buffer): Buffer {
  const clusters = Math.ceil(disk.length / clusterSize);
  if (clusters > clusterSize / 8) return qcow2(disk.subarray(0, (clusterSize / 8) * clusterSize));
  const [l1, l2, refcountTable, refcounts, data] = [1, 2, 3, 4, 5] as const;
  const total = data + clusters;
  const file = Buffer.alloc(total * clusterSize);
  const at = (cluster: number) => cluster * clusterSize;
  const copied = 1n << 63n;
  file.write('QFI\xfb', 0, 'latin1');
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(16, 20); // cluster bits
  file.writeBigUInt64BE(BigInt(disk.length), 24);
  file.writeUInt32BE(1, 36); // entries in L1
  file.writeBigUInt64BE(BigInt(at(l1)), 40);
  file.writeBigUInt64BE(BigInt(at(refcountTable)), 48);
  file.writeUInt32BE(1, 56); // clusters of the refcount table
  file.writeUInt32BE(4, 96); // 16-bit refcounts
  file.writeUInt32BE(104, 100); // header length
  file.writeBigUInt64BE(BigInt(at(l2)) | copied, at(l1));
  file.writeBigUInt64BE(BigInt(at(refcounts)), at(refcountTable));
  for (let cluster = 0; cluster < total && cluster < clusterSize / 2; cluster++)
    file.writeUInt16BE(1, at(refcounts) + cluster * 2);
  for (let cluster = 0; cluster < clusters; cluster++) {
    file.writeBigUInt64BE(BigInt(at(data + cluster)) | copied, at(l2) + cluster * 8);
  }
  disk.copy(file, at(data));
  return file;
}

/** Passes for a Linux kernel: the boot header of the x86 boot protocol, and nothing behind it. */
function kernel(): Buffer {
  const bytes = Buffer.alloc(kernelSize, 0x90);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt16LE(0xaa55, 0x1fe);
  bytes.write('HdrS', 0x202, 'latin1');
  bytes.writeUInt16LE(0x020f, 0x206);
  return bytes;
}

/** A gzipped cpio archive with one file. */
function ramdisk(): Buffer {
  let block = createHash('sha256').update('fleet ramdisk').digest();
  const blocks: Buffer[] = [];
  for (let size = 0; size < ramdiskPayload; size += block.length)
    blocks.push((block = createHash('sha256').update(block).digest()));
  const archive = Buffer.concat([
    cpioEntry('etc/simulated-agent', Buffer.concat(blocks)),
    cpioEntry('TRAILER!!!', Buffer.alloc(0)),
  ]);
  return gzipSync(archive, { level: 1 });
}

function cpioEntry(name: string, content: Buffer): Buffer {
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [0, 0o100644, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0].map(hex).join('');
  const head = Buffer.concat([Buffer.from(`070701${fields}`), nameBytes]);
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  return Buffer.concat([pad(head), pad(content)]);
}
