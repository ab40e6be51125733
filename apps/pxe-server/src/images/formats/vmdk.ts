import { safe, type ImageReader } from './reader.ts';
import { malformed, unsafe, type Inspection } from './verdict.ts';

const sector = 512;
const longestDescriptor = 1024 * 1024;
/** Kinds whose data is in the file itself. */
const selfContained = new Set(['monolithicSparse', 'streamOptimized']);

/**
 * Only sparse extents with their description inside: any other kind names further files.
 * @throws CodedError IMAGE-UNSAFE, IMAGE-MALFORMED
 */
export async function inspectVmdk(reader: ImageReader): Promise<Inspection> {
  const head = await reader.read(0, sector);
  if (head.toString('latin1', 0, 4) !== 'KDMV') throw unsafe('vmdk', 'is only a description of other files');
  if (head.length < sector) throw malformed('vmdk', 'is shorter than its header');
  const capacity = safe(head.readBigUInt64LE(12));
  // QEMU takes an empty extent for a description and opens what it names.
  if (capacity === 0) throw unsafe('vmdk', 'is only a description of other files');
  const offset = safe(head.readBigUInt64LE(28)) * sector;
  const length = safe(head.readBigUInt64LE(36)) * sector;
  if (offset === 0 || length === 0) throw unsafe('vmdk', 'has no description');
  if (length > longestDescriptor) throw malformed('vmdk', `has a description of ${length} bytes`);
  if (offset + length > reader.size) throw malformed('vmdk', 'is cut off in its description');
  const text = (await reader.read(offset, length)).toString('latin1').replace(/\0.*$/s, '');
  checkDescriptor(text);
  return { format: 'vmdk', virtualSize: Math.min(capacity * sector, Number.MAX_SAFE_INTEGER) };
}

function checkDescriptor(text: string): void {
  const value = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\r\\n]*)"?\\s*$`, 'im').exec(text)?.[1];
  const kind = value('createType');
  if (kind === undefined || !selfContained.has(kind)) throw unsafe('vmdk', `is of the kind ${kind ?? '(none)'}`);
  if (value('parentFileNameHint') !== undefined || (value('parentCID') ?? 'ffffffff').toLowerCase() !== 'ffffffff')
    throw unsafe('vmdk', 'has a parent image');
  const extents = text.split(/\r?\n/).filter((line) => /^\s*(RW|RDONLY|NOACCESS)\s/i.test(line));
  const [only] = extents;
  if (extents.length !== 1 || only === undefined) throw unsafe('vmdk', `consists of ${extents.length} files`);
  const extent = /^\s*RW\s+\d+\s+SPARSE\s+"([^"]*)"\s*$/i.exec(only);
  if (extent === null || /[/\\]/.test(extent[1] ?? '/')) throw unsafe('vmdk', 'names another file for its data');
}
