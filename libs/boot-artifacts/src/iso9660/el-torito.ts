import { sectorSize } from './records.ts';

/** What firmware loads from the medium. */
export interface BootImage {
  readonly platform: 'bios' | 'uefi';
  /** Path of the image on the medium: an isolinux-like loader for BIOS, a FAT file system for UEFI. */
  readonly path: string;
}

/** A boot image whose place is known. */
export interface PlacedBootImage {
  readonly platform: 'bios' | 'uefi';
  readonly sector: number;
  /** Bytes. */
  readonly size: number;
}

const platformIds = { bios: 0, uefi: 0xef } as const;

/** Boot catalogue (El Torito 2.0): validation entry, default entry, one section for every further image. */
export function bootCatalogue(images: readonly PlacedBootImage[]): Uint8Array {
  const [first, ...others] = images;
  if (first === undefined) throw new RangeError('a boot catalogue needs an image');
  const catalogue = new Uint8Array(sectorSize);
  const view = new DataView(catalogue.buffer);
  catalogue[0] = 1;
  catalogue[1] = platformIds[first.platform];
  catalogue.set(new TextEncoder().encode('METAL3'), 4);
  catalogue[30] = 0x55;
  catalogue[31] = 0xaa;
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += view.getUint16(at, true);
  view.setUint16(28, -sum & 0xffff, true);
  writeEntry(view, 32, first);
  others.forEach((image, index) => {
    const at = 64 + index * 64;
    catalogue[at] = index === others.length - 1 ? 0x91 : 0x90;
    catalogue[at + 1] = platformIds[image.platform];
    view.setUint16(at + 2, 1, true);
    writeEntry(view, at + 32, image);
  });
  return catalogue;
}

function writeEntry(view: DataView, at: number, { platform, sector, size }: PlacedBootImage): void {
  view.setUint8(at, 0x88); // bootable, no emulation
  // BIOS loaders fetch themselves from their first 2 KiB; UEFI takes the count as the size of the file system, in 512-byte units.
  view.setUint16(at + 6, platform === 'bios' ? 4 : Math.min(0xffff, Math.ceil(size / 512)), true);
  view.setUint32(at + 8, sector, true);
}

/** Bytes of a BIOS loader up to the end of its boot information table. */
export const bootInfoEnd = 64;

/**
 * The first 64 bytes of a loader with the boot information table that isolinux expects in its bytes 8 to 63: place of the primary
 * descriptor, of the loader itself, its length, and the sum of its 32-bit words from 64 on.
 */
export function bootInfoTable(loader: Uint8Array, sector: number): Uint8Array {
  const table = loader.slice(0, bootInfoEnd);
  const view = new DataView(table.buffer);
  view.setUint32(8, 16, true);
  view.setUint32(12, sector, true);
  view.setUint32(16, loader.length, true);
  view.setUint32(20, wordSum(loader), true);
  table.fill(0, 24);
  return table;
}

/** Sums of loaders, which are the same for every image made with them. */
const sums = new WeakMap<Uint8Array, number>();

function wordSum(loader: Uint8Array): number {
  const known = sums.get(loader);
  if (known !== undefined) return known;
  const padded = new Uint8Array(Math.ceil(loader.length / 4) * 4);
  padded.set(loader);
  const view = new DataView(padded.buffer);
  let sum = 0;
  for (let at = bootInfoEnd; at < padded.length; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0;
  sums.set(loader, sum);
  return sum;
}
