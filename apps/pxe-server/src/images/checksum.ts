import { imageErrors } from '../errors.ts';
import type { ExpectedDigest } from '../files/library.ts';
import type { HashAlgorithm } from '../files/ports.ts';

/** Algorithms by the number of hex digits. Ironic refuses everything weaker than MD5 and has no SHA-1. */
const byLength: Readonly<Record<number, HashAlgorithm>> = { 32: 'md5', 64: 'sha256', 128: 'sha512' };

/** A checksum as a request gives it: a digest, or where to find one. */
export type ChecksumRequest =
  | { readonly kind: 'digest'; readonly expected: ExpectedDigest }
  | { readonly kind: 'file'; readonly url: string; readonly algorithm: HashAlgorithm | undefined };

/**
 * Reads the checksum of a request.
 * @param type `md5`, `sha256`, `sha512`, or empty (also Metal3's `auto`) for detection by length
 * @throws CodedError IMAGE-CHECKSUM-UNREADABLE
 */
export function readChecksum(checksum: string, type: string): ChecksumRequest {
  const algorithm = readType(type);
  const text = checksum.trim();
  if (/^https?:\/\//i.test(text)) return { kind: 'file', url: text, algorithm };
  return { kind: 'digest', expected: readDigest(text, algorithm) };
}

function readType(type: string): HashAlgorithm | undefined {
  switch (type.trim().toLowerCase()) {
    case '':
    case 'auto':
      return undefined;
    case 'md5':
    case 'sha256':
    case 'sha512':
      return type.trim().toLowerCase() as HashAlgorithm;
    default:
      throw imageErrors.checksumFile(`the checksum type "${type}" is not md5, sha256 or sha512`);
  }
}

function readDigest(text: string, algorithm: HashAlgorithm | undefined): ExpectedDigest {
  const value = text.toLowerCase();
  const detected = /^[0-9a-f]+$/.test(value) ? byLength[value.length] : undefined;
  if (detected === undefined)
    throw imageErrors.checksumFile(`"${text.slice(0, 140)}" is not an MD5, SHA-256 or SHA-512 digest in hex`);
  if (algorithm !== undefined && algorithm !== detected) {
    throw imageErrors.checksumFile(`the checksum is said to be ${algorithm} but has the length of ${detected}`);
  }
  return { algorithm: detected, value };
}

/**
 * Finds the digest of an image in a checksum file. Understood: a lone digest; `<digest>  <name>` and `<digest> *<name>` (coreutils);
 * `<ALGORITHM> (<name>) = <digest>` (BSD). Names may carry folders; only the last part counts.
 *
 * @throws CodedError IMAGE-CHECKSUM-UNREADABLE
 */
export function findDigest(
  text: string,
  imageUrl: string,
  algorithm: HashAlgorithm | undefined,
  checksumUrl: string,
): ExpectedDigest {
  const wanted = baseName(new URL(imageUrl).pathname);
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const fits = (expected: ExpectedDigest | undefined) =>
    expected !== undefined && (algorithm === undefined || expected.algorithm === algorithm);
  const [only] = lines;
  if (lines.length === 1 && only !== undefined && !/\s/.test(only)) return readDigest(only, algorithm);
  for (const line of lines) {
    const listed = /^([0-9a-fA-F]+)\s+\*?(.+)$/.exec(line);
    const tagged = /^[\w-]+\s*\((.+)\)\s*=\s*([0-9a-fA-F]+)$/.exec(line);
    const [digest, name] = listed ? [listed[1], listed[2]] : tagged ? [tagged[2], tagged[1]] : [];
    if (digest === undefined || name === undefined || baseName(name.trim()) !== wanted) continue;
    const detected = byLength[digest.length];
    const expected = detected === undefined ? undefined : { algorithm: detected, value: digest.toLowerCase() };
    if (expected !== undefined && fits(expected)) return expected;
  }
  throw imageErrors.checksumFile(`${checksumUrl} lists no ${algorithm ?? ''} digest of ${wanted}`.replace('  ', ' '), {
    details: { url: checksumUrl, image: wanted },
  });
}

const baseName = (path: string) => decodeURIComponent(path.split('/').at(-1) ?? '');
