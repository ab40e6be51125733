/** Name fields of the directory entries of one file: long-name entries first, then the 8.3 name they belong to. */
export interface FatName {
  /** 11 bytes, space padded. */
  readonly short: Uint8Array;
  /** In the order they are written; empty when the name is a plain upper-case 8.3 one. */
  readonly longEntries: readonly Uint8Array[];
}

/** Makes the names of one directory entry; `taken` holds the short names in use and gets the new one. */
export function fatName(name: string, taken: Set<string>): FatName {
  if (name === '' || /["*/:<>?\\|\u0000-\u001f]/.test(name)) throw new RangeError(`FAT cannot hold the name "${name}"`);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const extension = dot > 0 ? name.slice(dot + 1) : '';
  const clean = (text: string) => text.toUpperCase().replace(/[^A-Z0-9_\-~!#$%&'()@^`{}]/g, '_');
  const plain = /^[A-Z0-9_-]{1,8}$/.test(stem) && /^[A-Z0-9_-]{0,3}$/.test(extension);
  let short = `${clean(stem).slice(0, 8).padEnd(8)}${clean(extension).slice(0, 3).padEnd(3)}`;
  for (let count = 1; !plain && (taken.has(short) || count === 1); count++) {
    const tail = `~${count}`;
    short = `${(clean(stem).slice(0, 8 - tail.length) + tail).padEnd(8)}${clean(extension).slice(0, 3).padEnd(3)}`;
  }
  if (taken.has(short)) throw new RangeError(`"${name}" stands twice in its directory`);
  taken.add(short);
  const bytes = Uint8Array.from(short, (character) => character.charCodeAt(0));
  return { short: bytes, longEntries: plain ? [] : longEntries(name, checksum(bytes)) };
}

/** Checksum of the short name that ties long-name entries to it. */
function checksum(short: Uint8Array): number {
  return short.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
}

/** Places of the 13 UCS-2 characters in a long-name entry. */
const characterPlaces = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

function longEntries(name: string, sum: number): Uint8Array[] {
  const count = Math.ceil(name.length / 13);
  return Array.from({ length: count }, (_, index) => {
    const order = count - index;
    const entry = new Uint8Array(32);
    const view = new DataView(entry.buffer);
    entry[0] = order | (index === 0 ? 0x40 : 0);
    entry[11] = 0x0f;
    entry[13] = sum;
    characterPlaces.forEach((place, at) => {
      const position = (order - 1) * 13 + at;
      const code = position < name.length ? name.charCodeAt(position) : position === name.length ? 0 : 0xffff;
      view.setUint16(place, code, true);
    });
    return entry;
  });
}
