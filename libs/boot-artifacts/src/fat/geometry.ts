export type FatType = 'fat12' | 'fat16' | 'fat32';

export const fatSector = 512;

/** Sizes of the areas of a FAT volume, in sectors of 512 bytes. */
export interface Geometry {
  readonly type: FatType;
  readonly sectorsPerCluster: number;
  readonly reserved: number;
  readonly sectorsPerFat: number;
  /** Fixed root directory, 0 on FAT32. */
  readonly rootSectors: number;
  readonly clusters: number;
  readonly totalSectors: number;
}

/** The number of clusters decides what a driver takes a volume for (Microsoft FAT specification, FAT type determination). */
const clusterLimits: Record<FatType, { readonly least: number; readonly most: number }> = {
  fat12: { least: 1, most: 4_084 },
  fat16: { least: 4_085, most: 65_524 },
  fat32: { least: 65_525, most: 0x0fff_fff5 },
};
const entryBits: Record<FatType, number> = { fat12: 12, fat16: 16, fat32: 32 };
const clusterChoices = [1, 2, 4, 8, 16, 32, 64];

/**
 * Finds the smallest volume that holds the content.
 * @param clustersNeeded clusters of the content for a number of sectors per cluster
 * @param minimumBytes the volume is at least this large
 */
export function chooseGeometry(
  clustersNeeded: (sectorsPerCluster: number, type: FatType) => number,
  minimumBytes: number,
  wanted: FatType | undefined,
): Geometry {
  const types: readonly FatType[] = wanted === undefined ? ['fat12', 'fat16', 'fat32'] : [wanted];
  for (const type of types) {
    const { least, most } = clusterLimits[type];
    for (const sectorsPerCluster of clusterChoices) {
      const forMinimum = Math.ceil(minimumBytes / fatSector / sectorsPerCluster);
      const clusters = Math.max(least, forMinimum, clustersNeeded(sectorsPerCluster, type));
      // Larger clusters than 2 KiB waste more than the next type costs.
      if (clusters > most || (wanted === undefined && type === 'fat12' && sectorsPerCluster > 4)) continue;
      return complete(type, sectorsPerCluster, clusters);
    }
  }
  throw new RangeError(`the files do not fit on a ${wanted ?? 'FAT'} volume`);
}

function complete(type: FatType, sectorsPerCluster: number, clusters: number): Geometry {
  const reserved = type === 'fat32' ? 32 : 1;
  const rootSectors = type === 'fat32' ? 0 : 32;
  const sectorsPerFat = Math.ceil(((clusters + 2) * entryBits[type]) / 8 / fatSector);
  const totalSectors = reserved + 2 * sectorsPerFat + rootSectors + clusters * sectorsPerCluster;
  return { type, sectorsPerCluster, reserved, sectorsPerFat, rootSectors, clusters, totalSectors };
}

/** Boot sector (BIOS parameter block). No boot code: firmware reads the volume itself. */
export function bootSector(geometry: Geometry, label: string, serial: number): Uint8Array {
  const { type, sectorsPerCluster, reserved, sectorsPerFat, rootSectors, totalSectors } = geometry;
  const sector = new Uint8Array(fatSector);
  const view = new DataView(sector.buffer);
  const text = (at: number, value: string) => sector.set(new TextEncoder().encode(value), at);
  const large = type === 'fat32';
  sector.set(large ? [0xeb, 0x58, 0x90] : [0xeb, 0x3c, 0x90]);
  text(3, 'METAL3  ');
  view.setUint16(11, fatSector, true);
  view.setUint8(13, sectorsPerCluster);
  view.setUint16(14, reserved, true);
  view.setUint8(16, 2);
  view.setUint16(17, rootSectors * 16, true);
  if (!large && totalSectors < 0x1_0000) view.setUint16(19, totalSectors, true);
  else view.setUint32(32, totalSectors, true);
  view.setUint8(21, 0xf8);
  if (!large) view.setUint16(22, sectorsPerFat, true);
  view.setUint16(24, 32, true);
  view.setUint16(26, 64, true);
  let extended = 36;
  if (large) {
    view.setUint32(36, sectorsPerFat, true);
    view.setUint32(44, 2, true); // root directory
    view.setUint16(48, 1, true); // FSInfo
    view.setUint16(50, 6, true); // copy of the boot sector
    extended = 64;
  }
  view.setUint8(extended, 0x80);
  view.setUint8(extended + 2, 0x29);
  view.setUint32(extended + 3, serial >>> 0, true);
  text(extended + 7, label.slice(0, 11).padEnd(11));
  text(extended + 18, type.toUpperCase().padEnd(8));
  view.setUint16(510, 0xaa55, true);
  return sector;
}
