import { ucs2 } from './names.ts';
import { both16, both32, directoryRecord, sectorSize, volumeTime, type Place } from './records.ts';

/** What both volume descriptors say. */
export interface VolumeFacts {
  readonly label: string;
  readonly publisher: string;
  readonly modified: Date;
  readonly totalSectors: number;
}

/** Where one tree lies. */
export interface TreePlaces {
  readonly pathTableSize: number;
  readonly littleEndianPathTable: number;
  readonly bigEndianPathTable: number;
  readonly root: Place;
}

function descriptor(type: number): { sector: Uint8Array; view: DataView } {
  const sector = new Uint8Array(sectorSize);
  sector[0] = type;
  sector.set([0x43, 0x44, 0x30, 0x30, 0x31], 1); // CD001
  sector[6] = 1;
  return { sector, view: new DataView(sector.buffer) };
}

/** Primary (ECMA-119 8.4) or Joliet supplementary (8.5) volume descriptor. */
export function volumeDescriptor(tree: 'primary' | 'joliet', facts: VolumeFacts, places: TreePlaces): Uint8Array {
  const { sector, view } = descriptor(tree === 'primary' ? 1 : 2);
  const text = (at: number, length: number, value: string) => {
    if (tree === 'joliet') {
      const padded = value.slice(0, length >> 1).padEnd(length >> 1, ' ');
      sector.set(ucs2(padded), at);
    } else {
      sector.set(new TextEncoder().encode(value.slice(0, length).padEnd(length, ' ')), at);
    }
  };
  text(8, 32, '');
  text(40, 32, facts.label);
  both32(view, 80, facts.totalSectors);
  if (tree === 'joliet') sector.set([0x25, 0x2f, 0x45], 88); // UCS-2 level 3
  both16(view, 120, 1);
  both16(view, 124, 1);
  both16(view, 128, sectorSize);
  both32(view, 132, places.pathTableSize);
  view.setUint32(140, places.littleEndianPathTable, true);
  view.setUint32(148, places.bigEndianPathTable, false);
  sector.set(directoryRecord(Uint8Array.of(0), places.root, 'directory', facts.modified), 156);
  text(190, 128, '');
  text(318, 128, facts.publisher);
  text(446, 128, '');
  text(574, 128, 'METAL3');
  text(702, 37, '');
  text(739, 37, '');
  text(776, 37, '');
  const time = volumeTime(facts.modified);
  const never = Uint8Array.from([...'0'.repeat(16)].map(() => 0x30).concat(0));
  sector.set(time, 813);
  sector.set(time, 830);
  sector.set(never, 847);
  sector.set(never, 864);
  sector[881] = 1;
  return sector;
}

/** El Torito boot record (2.0): points at the boot catalogue. */
export function bootRecord(catalogueSector: number): Uint8Array {
  const { sector, view } = descriptor(0);
  sector.set(new TextEncoder().encode('EL TORITO SPECIFICATION'), 7);
  view.setUint32(71, catalogueSector, true);
  return sector;
}

export const terminator = (): Uint8Array => descriptor(255).sector;
