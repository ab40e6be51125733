import { safe, type ImageReader } from './reader.ts';
import { malformed, unsafe, type Inspection } from './verdict.ts';

const vhdType = { fixed: 2, dynamic: 3, differencing: 4 } as const;

/**
 * Virtual Hard Disk, as QEMU calls it `vpc`. The footer is at the end, and of dynamic disks at the beginning too.
 * @throws CodedError IMAGE-UNSAFE, IMAGE-MALFORMED
 */
export async function inspectVhd(reader: ImageReader): Promise<Inspection> {
  const atStart = (await reader.read(0, 8)).toString('latin1') === 'conectix';
  const footer = await reader.read(atStart ? 0 : reader.size - 512, 512);
  if (footer.length < 512) throw malformed('vhd', 'is shorter than its footer');
  const virtualSize = safe(footer.readBigUInt64BE(48));
  const type = footer.readUInt32BE(60);
  switch (type) {
    case vhdType.fixed:
      if (atStart || virtualSize > reader.size - 512) throw malformed('vhd', 'is shorter than it says');
      return { format: 'vhd', virtualSize };
    case vhdType.dynamic: {
      const header = await reader.read(safe(footer.readBigUInt64BE(16)), 1024);
      if (header.length < 1024 || header.toString('latin1', 0, 8) !== 'cxsparse')
        throw malformed('vhd', 'has no header');
      const table = safe(header.readBigUInt64BE(16));
      const entries = header.readUInt32BE(28);
      if (table + entries * 4 > reader.size) throw malformed('vhd', 'is cut off in its table');
      return { format: 'vhd', virtualSize };
    }
    case vhdType.differencing:
      throw unsafe('vhd', 'has a parent image');
    default:
      throw malformed('vhd', `is of the unknown type ${type}`);
  }
}

// GUIDs as they lie in the file (MS-VHDX 2.2.3.2, 2.6.2).
const metadataRegion = '06a27c8b90479a4bb8fe575f050f886e';
const fileParameters = '3767a1ca36fa434db3b633f0aa44e76b';
const virtualDiskSize = '2442a52f1bcd7648b2115dbed83bf4b8';
const parentLocator = '2d5fd3a80bb34d45abf7d3d84834ab0c';

/** @throws CodedError IMAGE-UNSAFE, IMAGE-MALFORMED */
export async function inspectVhdx(reader: ImageReader): Promise<Inspection> {
  const regions = await reader.read(192 * 1024, 64 * 1024);
  if (regions.toString('latin1', 0, 4) !== 'regi') throw malformed('vhdx', 'has no region table');
  const region = entriesOf(regions, 16, regions.readUInt32LE(8)).find(({ guid }) => guid === metadataRegion);
  if (region === undefined) throw malformed('vhdx', 'has no metadata');
  const start = safe(region.entry.readBigUInt64LE(16));
  const metadata = await reader.read(start, 64 * 1024);
  if (metadata.toString('latin1', 0, 8) !== 'metadata') throw malformed('vhdx', 'has no metadata');
  let virtualSize: number | undefined;
  for (const { guid, entry } of entriesOf(metadata, 32, metadata.readUInt16LE(10))) {
    const item = await reader.read(start + entry.readUInt32LE(16), 8);
    if (item.length < 8) throw malformed('vhdx', 'is cut off in its metadata');
    if (guid === parentLocator) throw unsafe('vhdx', 'has a parent image');
    if (guid === fileParameters && (item.readUInt32LE(4) & 2) !== 0) throw unsafe('vhdx', 'has a parent image');
    if (guid === virtualDiskSize) virtualSize = safe(item.readBigUInt64LE(0));
  }
  if (virtualSize === undefined) throw malformed('vhdx', 'does not say how large its disk is');
  return { format: 'vhdx', virtualSize };
}

function entriesOf(table: Buffer, start: number, count: number) {
  const entries: { readonly guid: string; readonly entry: Buffer }[] = [];
  for (let at = start; entries.length < count && at + 32 <= table.length; at += 32) {
    const entry = table.subarray(at, at + 32);
    entries.push({ guid: entry.toString('hex', 0, 16), entry });
  }
  return entries;
}
