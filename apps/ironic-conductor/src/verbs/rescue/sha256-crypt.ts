import { createHash } from 'node:crypto';

const rounds = 5000;
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const longestSalt = 16;

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** `length` bytes of a digest, over and over. */
const repeated = (digest: Uint8Array, length: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(length / digest.length) }, () => digest)).subarray(0, length);

/**
 * A password as crypt(3) keeps it with SHA-256 (`$5$salt$...`), which the login of a Linux ramdisk understands.
 * Source: "Unix crypt using SHA-256 and SHA-512", U. Drepper.
 *
 * @param salt at most 16 characters of [a-zA-Z0-9./]
 */
export function sha256Crypt(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8');
  const seasoning = Buffer.from(salt.slice(0, longestSalt), 'utf8');
  const other = sha256(key, seasoning, key);

  const first: Uint8Array[] = [key, seasoning, repeated(other, key.length)];
  for (let length = key.length; length > 0; length >>= 1) first.push(length & 1 ? other : key);
  let digest = sha256(...first);

  const longKey = repeated(sha256(...Array.from({ length: key.length }, () => key)), key.length);
  const times = 16 + (digest[0] ?? 0);
  const longSalt = repeated(sha256(...Array.from({ length: times }, () => seasoning)), seasoning.length);
  for (let round = 0; round < rounds; round += 1) {
    const parts = [round % 2 === 1 ? longKey : digest];
    if (round % 3 !== 0) parts.push(longSalt);
    if (round % 7 !== 0) parts.push(longKey);
    parts.push(round % 2 === 1 ? digest : longKey);
    digest = sha256(...parts);
  }
  return `$5$${seasoning.toString('utf8')}$${encoded(digest)}`;
}

/** The scheme's own order of bytes, three to four characters at a time. */
function encoded(digest: Uint8Array): string {
  const at = (index: number) => digest[index] ?? 0;
  let text = '';
  const add = (high: number, middle: number, low: number, characters: number) => {
    let bits = (high << 16) | (middle << 8) | low;
    for (let count = 0; count < characters; count += 1) {
      text += alphabet[bits & 0x3f] ?? '';
      bits >>= 6;
    }
  };
  let [a, b, c] = [0, 10, 20];
  for (let group = 0; group < 10; group += 1) {
    add(at(a), at(b), at(c), 4);
    [a, b, c] = [(c + 1) % 30, (a + 1) % 30, (b + 1) % 30];
  }
  add(0, at(31), at(30), 3);
  return text;
}
