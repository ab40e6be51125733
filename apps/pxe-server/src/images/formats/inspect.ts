import { inspectVhd, inspectVhdx } from './microsoft.ts';
import { inspectQcow2 } from './qcow2.ts';
import { safe, type ImageReader } from './reader.ts';
import { malformed, unsafe, type ImageFormat, type Inspection } from './verdict.ts';
import { inspectVmdk } from './vmdk.ts';

/** Marks at the beginning of a file. */
const marks: readonly (readonly [ImageFormat, string])[] = [
  ['qed', 'QED\0'],
  ['vmdk', 'KDMV'],
  ['vmdk', 'COWD'],
  ['vmdk', '# Disk DescriptorFile'],
  ['vhd', 'conectix'],
  ['vhdx', 'vhdxfile'],
  ['luks', 'LUKS\xba\xbe'],
  ['parallels', 'WithoutFreeSpace'],
  ['parallels', 'WithouFreSpacExt'],
  ['cloop', '#!/bin/sh\n#V2.0 Format'],
  ['bochs', 'Bochs Virtual HD Image'],
  ['xz', '\xfd7zXZ\0'],
  ['bzip2', 'BZh'],
];

const isoMark = 32_769;

/** Formats that describe a disk elsewhere than at its own bytes; one file cannot be two of them, nor one of them and a CD. */
async function containersOf(reader: ImageReader, head: Buffer): Promise<readonly ImageFormat[]> {
  const text = head.toString('latin1');
  const found = new Set<ImageFormat>(marks.filter(([, mark]) => text.startsWith(mark)).map(([format]) => format));
  if (text.startsWith('QFI\xfb')) found.add(head.length >= 8 && head.readUInt32BE(4) === 1 ? 'qcow' : 'qcow2');
  if (head.length >= 68 && head.readUInt32LE(64) === 0xbeda107f) found.add('vdi');
  if (reader.size >= 512) {
    const tail = (await reader.read(reader.size - 512, 512)).toString('latin1');
    if (tail.startsWith('conectix')) found.add('vhd');
    if (tail.startsWith('koly')) found.add('dmg');
  }
  return [...found];
}

/**
 * What an image is, by its bytes alone: names and declarations are only claims. The inspection is our own, so that nothing follows the
 * image's references before it is known that it has none.
 *
 * @throws CodedError IMAGE-UNSAFE, IMAGE-MALFORMED
 */
export async function inspectImage(reader: ImageReader): Promise<Inspection> {
  const head = await reader.read(0, 4096 + 512);
  const iso = (await reader.read(isoMark, 5)).toString('latin1') === 'CD001';
  const containers = await containersOf(reader, head);
  const [format] = containers;
  if (containers.length > 1 || (format !== undefined && iso)) {
    const all = [...containers, ...(iso ? ['iso'] : [])];
    throw unsafe(format ?? 'iso', `is several things at once: ${all.join(', ')}`);
  }
  switch (format) {
    case 'qcow2':
      return inspectQcow2(reader);
    case 'vmdk':
      return inspectVmdk(reader);
    case 'vhd':
      return inspectVhd(reader);
    case 'vhdx':
      return inspectVhdx(reader);
    case 'vdi':
      return inspectVdi(head);
    case undefined:
      break;
    default:
      return { format, virtualSize: reader.size };
  }
  // Images of installation media often carry a partition table too, so that they start from a USB stick.
  if (iso) return { format: 'iso', virtualSize: reader.size };
  return { format: hasPartitions(head) ? 'gpt' : 'raw', virtualSize: reader.size };
}

function inspectVdi(head: Buffer): Inspection {
  const type = head.length >= 376 ? head.readUInt32LE(76) : 0;
  if (type !== 1 && type !== 2)
    throw type === 4 ? unsafe('vdi', 'has a parent image') : malformed('vdi', 'has no type');
  return { format: 'vdi', virtualSize: safe(head.readBigUInt64LE(368)) };
}

/** A GPT of 512 or 4096-byte sectors, or an MBR with at least one partition and nothing but sound ones. */
function hasPartitions(head: Buffer): boolean {
  if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) return false;
  if ([512, 4096].some((at) => head.toString('latin1', at, at + 8) === 'EFI PART')) return true;
  const partitions = [446, 462, 478, 494].map((at) => head.subarray(at, at + 16));
  return (
    partitions.every((partition) => [0x00, 0x80].includes(partition.readUInt8(0))) &&
    partitions.some((partition) => partition.readUInt8(4) !== 0 && partition.readUInt32LE(12) !== 0)
  );
}
