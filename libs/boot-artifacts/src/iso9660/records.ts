/** Bytes of one sector of a CD (ECMA-119, logical block). */
export const sectorSize = 2048;

export const sectors = (bytes: number) => Math.ceil(bytes / sectorSize);

/** A place on the image: first sector and length in bytes. */
export interface Place {
  readonly sector: number;
  readonly length: number;
}

/** 32 bits in both byte orders (ECMA-119 7.3.3). */
export function both32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value, false);
}

/** 16 bits in both byte orders (ECMA-119 7.2.3). */
export function both16(view: DataView, at: number, value: number): void {
  view.setUint16(at, value, true);
  view.setUint16(at + 2, value, false);
}

/** One directory record (ECMA-119 9.1). */
export function directoryRecord(
  identifier: Uint8Array,
  { sector, length }: Place,
  kind: 'file' | 'directory',
  modified: Date,
  systemUse: Uint8Array = new Uint8Array(),
): Uint8Array {
  const nameEnd = 33 + identifier.length;
  const useStart = nameEnd + (nameEnd % 2);
  const total = useStart + systemUse.length + (systemUse.length % 2);
  if (total > 255) throw new RangeError('a name is too long for a directory record');
  const record = new Uint8Array(total);
  const view = new DataView(record.buffer);
  record[0] = total;
  both32(view, 2, sector);
  both32(view, 10, length);
  record.set(recordTime(modified), 18);
  record[25] = kind === 'directory' ? 2 : 0;
  both16(view, 28, 1);
  record[32] = identifier.length;
  record.set(identifier, 33);
  record.set(systemUse, useStart);
  return record;
}

function recordTime(time: Date): Uint8Array {
  return Uint8Array.of(
    time.getUTCFullYear() - 1900,
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
    0,
  );
}

/** Date and time of a volume descriptor (ECMA-119 8.4.26.1): digits, hundredths, quarter hours from GMT. */
export function volumeTime(time: Date): Uint8Array {
  const digits = time.toISOString().replace(/\D/g, '').slice(0, 16);
  return Uint8Array.from([...digits].map((digit) => digit.charCodeAt(0)).concat(0));
}

/** Packs records into whole sectors; a record never crosses one (ECMA-119 6.8.1.1). */
export function packRecords(records: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(packedSize(records.map((record) => record.length)));
  let at = 0;
  for (const record of records) {
    at = afterGap(at, record.length);
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/** Bytes that `packRecords` needs for records of these lengths. */
export function packedSize(lengths: readonly number[]): number {
  let at = 0;
  for (const length of lengths) at = afterGap(at, length) + length;
  return Math.max(1, sectors(at)) * sectorSize;
}

function afterGap(at: number, length: number): number {
  const left = sectorSize - (at % sectorSize);
  return length > left ? at + left : at;
}
