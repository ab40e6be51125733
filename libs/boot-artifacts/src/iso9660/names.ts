/**
 * ECMA-119 file identifier for the primary tree: upper case, d-characters, one dot, version 1. Readers that know Rock Ridge or Joliet
 * show the real name instead.
 */
export function primaryName(name: string, kind: 'file' | 'directory', taken: ReadonlySet<string>): string {
  const dot = kind === 'file' ? name.lastIndexOf('.') : -1;
  const clean = (text: string) => text.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  const stem = clean(dot > 0 ? name.slice(0, dot) : name);
  const extension = dot > 0 ? clean(name.slice(dot + 1)) : '';
  // Level 2: 31 characters with the dot; names on boot media are short, so cutting matters only for strangers.
  const build = (suffix: string) => {
    const room = 30 - Math.min(extension.length, 8) - suffix.length;
    const base = `${stem.slice(0, room)}${suffix}`;
    return kind === 'directory' ? base : `${base}.${extension.slice(0, 8)};1`;
  };
  let candidate = build('');
  for (let count = 1; taken.has(candidate); count++) candidate = build(`_${count}`);
  return candidate;
}

/** UCS-2 big endian, as Joliet wants it. */
export function ucs2(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at++) {
    bytes[at * 2] = text.charCodeAt(at) >> 8;
    bytes[at * 2 + 1] = text.charCodeAt(at) & 0xff;
  }
  return bytes;
}

/** Joliet identifier: at most 64 UCS-2 characters, files with version. Characters Joliet forbids become underscores. */
export function jolietName(name: string, kind: 'file' | 'directory'): Uint8Array {
  const clean = name.replace(/[*/:;?\\]/g, '_');
  return ucs2(kind === 'directory' ? clean.slice(0, 64) : `${clean.slice(0, 62)};1`);
}
