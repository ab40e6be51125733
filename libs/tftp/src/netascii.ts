/** Text as RFC 764 wants it on the wire: line feed becomes CR LF, carriage return CR NUL. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte === 10) out.push(13, 10);
    else if (byte === 13) out.push(13, 0);
    else out.push(byte);
  }
  return Uint8Array.from(out);
}
