import { both32 } from './records.ts';

const modes = { file: 0o100444, directory: 0o040555 } as const;

/** POSIX attributes, RRIP 1.09 4.1.1: read-only, one link, root. */
function posix(kind: 'file' | 'directory'): Uint8Array {
  const entry = new Uint8Array(36);
  entry.set([0x50, 0x58, 36, 1]); // PX
  const view = new DataView(entry.buffer);
  both32(view, 4, modes[kind]);
  both32(view, 12, kind === 'directory' ? 2 : 1);
  return entry;
}

/** Alternate name, RRIP 1.09 4.1.4. */
function alternateName(name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  return Uint8Array.of(0x4e, 0x4d, 5 + text.length, 1, 0, ...text); // NM
}

/** System use area of an ordinary record. Names longer than about 150 bytes do not fit and are left to Joliet. */
export function rockRidge(kind: 'file' | 'directory', name: string | undefined, room: number): Uint8Array {
  const attributes = posix(kind);
  const long = name === undefined ? new Uint8Array() : alternateName(name);
  return attributes.length + long.length <= room ? concat(attributes, long) : attributes;
}

/** System use area of the root's own record: says that SUSP and Rock Ridge are in use. */
export function rockRidgeRoot(): Uint8Array {
  const text = new TextEncoder();
  const id = text.encode('RRIP_1991A');
  const about = text.encode('THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS');
  const sharing = Uint8Array.of(0x53, 0x50, 7, 1, 0xbe, 0xef, 0); // SP
  const reference = Uint8Array.of(
    0x45,
    0x52,
    8 + id.length + about.length,
    1,
    id.length,
    about.length,
    0,
    1,
    ...id,
    ...about,
  ); // ER
  return concat(sharing, posix('directory'), reference);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
