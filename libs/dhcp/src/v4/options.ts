import { DhcpFormatError } from '../errors.ts';
import { option } from './codes.ts';

/** Option values by number. Parts of an option that stood several times are joined (RFC 3396). */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>;

/**
 * Reads the options field, and `file` and `sname` where option 52 says that they hold options too (in this order, RFC 3396).
 * @throws DhcpFormatError
 */
export function readOptions(
  main: Uint8Array,
  file: Uint8Array,
  sname: Uint8Array,
): { readonly options: Map<number, Uint8Array>; readonly overload: number } {
  const parts = new Map<number, Uint8Array[]>();
  readField(main, parts);
  const overload = parts.get(option.overload)?.[0]?.[0] ?? 0;
  if ((overload & 1) !== 0) readField(file, parts);
  if ((overload & 2) !== 0) readField(sname, parts);
  parts.delete(option.overload);
  const options = new Map<number, Uint8Array>();
  for (const [code, pieces] of parts) options.set(code, joined(pieces));
  return { options, overload };
}

/** A field without the end option is read to its end: some clients leave it out. */
function readField(field: Uint8Array, parts: Map<number, Uint8Array[]>): void {
  for (let at = 0; at < field.length;) {
    const code = field[at++];
    if (code === undefined || code === option.end) return;
    if (code === option.pad) continue;
    const length = field[at++];
    if (length === undefined || at + length > field.length) throw new DhcpFormatError(`option ${code} is cut off`);
    const value = field.slice(at, at + length);
    at += length;
    const pieces = parts.get(code);
    if (pieces === undefined) parts.set(code, [value]);
    else pieces.push(value);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export interface PackedOptions {
  readonly main: Uint8Array;
  /** Content of the `file` field when it holds options; likewise `sname`. */
  readonly file: Uint8Array | undefined;
  readonly sname: Uint8Array | undefined;
  readonly omitted: readonly number[];
}

/** Lays options out in `capacity` bytes and, if that is not enough, in the header fields that are free. */
export function packOptions(
  options: DhcpOptions,
  capacity: number,
  free: { readonly file: boolean; readonly sname: boolean },
): PackedOptions {
  const entries = [...options]
    .filter(([code]) => code > option.pad && code < option.end && code !== option.overload)
    .sort(([one], [other]) => Number(one === option.relayInformation) - Number(other === option.relayInformation));
  const encoded = entries.map(([code, value]) => ({ code, bytes: encode(code, value) }));
  const size = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size + 1 <= capacity || (!free.file && !free.sname)) {
    const main = new Field(capacity);
    const omitted = encoded.filter(({ bytes }) => !main.add(bytes));
    return { main: main.bytes(), file: undefined, sname: undefined, omitted: omitted.map(({ code }) => code) };
  }
  // Three bytes for option 52 itself.
  const main = new Field(capacity - 3);
  const file = free.file ? new Field(128) : undefined;
  const sname = free.sname ? new Field(64) : undefined;
  const omitted = encoded.filter(({ code, bytes }) => {
    // Relays look for their information in the options field only.
    const fields = code === option.relayInformation ? [main] : [main, file, sname];
    return !fields.some((field) => field?.add(bytes) === true);
  });
  const used = Number(file?.used === true) + 2 * Number(sname?.used === true);
  return {
    main: main.bytes(used === 0 ? [] : [option.overload, 1, used]),
    file: file?.used === true ? file.bytes() : undefined,
    sname: sname?.used === true ? sname.bytes() : undefined,
    omitted: omitted.map(({ code }) => code),
  };
}

/** An option of more than 255 bytes stands several times (RFC 3396). */
function encode(code: number, value: Uint8Array): Uint8Array {
  const parts = Math.max(1, Math.ceil(value.length / 255));
  const bytes = new Uint8Array(value.length + 2 * parts);
  for (let part = 0, at = 0; part < parts; part++) {
    const piece = value.subarray(part * 255, part * 255 + 255);
    bytes[at] = code;
    bytes[at + 1] = piece.length;
    bytes.set(piece, at + 2);
    at += 2 + piece.length;
  }
  return bytes;
}

/** A field that options are put into while there is room; the end option always fits. */
class Field {
  readonly #parts: Uint8Array[] = [];
  #left: number;

  constructor(capacity: number) {
    this.#left = capacity - 1;
  }

  add(bytes: Uint8Array): boolean {
    if (bytes.length > this.#left) return false;
    this.#left -= bytes.length;
    this.#parts.push(bytes);
    return true;
  }

  get used(): boolean {
    return this.#parts.length > 0;
  }

  bytes(first: readonly number[] = []): Uint8Array {
    return joined([Uint8Array.from(first), ...this.#parts, Uint8Array.of(option.end)]);
  }
}

export const u8 = (value: number): Uint8Array => Uint8Array.of(value);
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 255);
export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

/** Big-endian number of a one-, two- or four-byte option; undefined when it is absent or has another length. */
export function numberOf(value: Uint8Array | undefined): number | undefined {
  if (value === undefined || ![1, 2, 4].includes(value.length)) return undefined;
  return value.reduce((number, byte) => number * 256 + byte, 0);
}
