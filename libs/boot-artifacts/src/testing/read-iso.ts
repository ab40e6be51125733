/** A file found on an image, with its content. */
export type FoundFiles = Readonly<Record<string, string>>;

/** Reads an ISO 9660 image through one of its two trees, by ECMA-119 alone: the writer's code is not used. For tests. */
export function readIso(
  image: Uint8Array,
  tree: 'rock-ridge' | 'joliet',
): { readonly label: string; readonly files: FoundFiles } {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const wanted = tree === 'joliet' ? 2 : 1;
  let descriptor = 16 * 2048;
  while (image[descriptor] !== wanted) {
    if (image[descriptor] === 255) throw new Error(`there is no descriptor of type ${wanted}`);
    descriptor += 2048;
  }
  const text = (at: number, length: number) =>
    new TextDecoder(tree === 'joliet' ? 'utf-16be' : 'utf-8').decode(image.subarray(at, at + length));
  const files: Record<string, string> = {};
  const readDirectory = (sector: number, length: number, path: string) => {
    for (let at = sector * 2048; at < sector * 2048 + length;) {
      const size = view.getUint8(at);
      if (size === 0) {
        at = (Math.floor(at / 2048) + 1) * 2048;
        continue;
      }
      const nameLength = view.getUint8(at + 32);
      const special = nameLength === 1 && view.getUint8(at + 33) < 2;
      const place = [view.getUint32(at + 2, true), view.getUint32(at + 10, true)] as const;
      if (place[0] !== view.getUint32(at + 6, false) || place[1] !== view.getUint32(at + 14, false)) {
        throw new Error('the two byte orders of a record differ');
      }
      if (!special) {
        const name =
          tree === 'joliet' ? text(at + 33, nameLength).replace(/;1$/, '') : alternateName(image, at, size, nameLength);
        const full = path === '' ? name : `${path}/${name}`;
        if ((view.getUint8(at + 25) & 2) !== 0) readDirectory(...place, full);
        else files[full] = Buffer.from(image.subarray(place[0] * 2048, place[0] * 2048 + place[1])).toString('latin1');
      }
      at += size;
    }
  };
  readDirectory(view.getUint32(descriptor + 158, true), view.getUint32(descriptor + 166, true), '');
  return { label: text(descriptor + 40, 32).trimEnd(), files };
}

/** The NM entry of a record's system use area. */
function alternateName(image: Uint8Array, record: number, size: number, nameLength: number): string {
  for (
    let at = record + 33 + nameLength + ((nameLength + 1) % 2);
    at + 4 <= record + size;
    at += image[at + 2] ?? size
  ) {
    if (image[at] === 0x4e && image[at + 1] === 0x4d) {
      return Buffer.from(image.subarray(at + 5, at + (image[at + 2] ?? 5))).toString('utf8');
    }
    if (image[at + 2] === 0) break;
  }
  throw new Error('a record has no alternate name');
}
