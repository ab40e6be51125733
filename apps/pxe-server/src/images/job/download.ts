import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { imageErrors } from '../../errors.ts';
import type { ExpectedDigest } from '../../files/library.ts';
import type { Fetcher, HashAlgorithm } from '../../files/ports.ts';
import { systemCode } from '../../files/system-code.ts';

export interface DownloadRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where to; a part that an interrupted job left there is continued. */
  readonly path: string;
  readonly expected: ExpectedDigest | undefined;
  readonly limit: number;
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

interface Part {
  readonly url: string;
  readonly etag: string | undefined;
}

/**
 * Downloads a file and checks its digest on the way. A part is continued when its server can tell that the file is still the same, or when a
 * digest will tell; a continued file that turns out wrong is fetched once more from the beginning.
 *
 * @returns SHA-256, hex
 * @throws CodedError of imageErrors
 */
export async function download(fetcher: Fetcher, request: DownloadRequest): Promise<string> {
  const known = await knownPart(request);
  try {
    return await attempt(fetcher, request, known);
  } catch (error) {
    if (systemCode(error) !== imageErrors.checksum.row.code || known === undefined) throw error;
    return attempt(fetcher, request, undefined);
  }
}

const noteOf = (path: string) => `${path}.json`;

async function knownPart({ url, path, expected }: DownloadRequest): Promise<(Part & { size: number }) | undefined> {
  try {
    const part: unknown = JSON.parse(await readFile(noteOf(path), 'utf8'));
    const { size } = await stat(path);
    if (typeof part !== 'object' || part === null || !('url' in part) || part.url !== url || size === 0)
      return undefined;
    const etag = 'etag' in part && typeof part.etag === 'string' && !part.etag.startsWith('W/') ? part.etag : undefined;
    return etag === undefined && expected === undefined ? undefined : { url, etag, size };
  } catch {
    return undefined;
  }
}

async function attempt(
  fetcher: Fetcher,
  request: DownloadRequest,
  known: (Part & { size: number }) | undefined,
): Promise<string> {
  const { url, headers, path, expected, limit, progress, signal } = request;
  const resume = known === undefined ? {} : { resume: { from: known.size, etag: known.etag } };
  const answer = await fetcher.fetch(url, undefined, signal, { headers, ...resume });
  if (answer.kind === 'unchanged') throw imageErrors.unreachable(`${url} answered "unchanged" without being asked`);
  const { from } = answer;
  const total = answer.size === undefined ? 0 : from + answer.size;
  if (total > limit) throw tooLarge(url, total, limit);

  const hashes = hashesFor(expected);
  if (from > 0) await feed(path, hashes);
  else await writeFile(noteOf(path), JSON.stringify({ url, etag: answer.validators.etag }));
  const file = await open(path, from > 0 ? 'a' : 'w');
  let done = from;
  try {
    for await (const chunk of answer.body) {
      done += chunk.length;
      if (done > limit) throw tooLarge(url, done, limit);
      for (const hash of hashes.values()) hash.update(chunk);
      await file.appendFile(chunk);
      progress(done, total);
    }
  } finally {
    await file.close();
  }
  if (total !== 0 && done !== total) {
    throw imageErrors.truncated(`${url}: ${done} of ${total} bytes arrived`, { details: { url } });
  }
  await rm(noteOf(path), { force: true });
  const digest = (algorithm: HashAlgorithm) => hashes.get(algorithm)?.digest('hex') ?? '';
  const sha256 = digest('sha256');
  if (expected !== undefined) {
    const actual = expected.algorithm === 'sha256' ? sha256 : digest(expected.algorithm);
    if (actual !== expected.value) {
      await rm(path, { force: true });
      throw imageErrors.checksum(
        `${url}: the ${expected.algorithm} checksum is ${actual}, expected was ${expected.value}`,
        { details: { url, expected: expected.value, actual } },
      );
    }
  }
  return sha256;
}

const tooLarge = (url: string, bytes: number, limit: number) =>
  imageErrors.tooLarge(`${url} has at least ${bytes} bytes; at most ${limit} are kept`, { details: { url } });

export function hashesFor(expected: ExpectedDigest | undefined): ReadonlyMap<HashAlgorithm, Hash> {
  const algorithms = new Set<HashAlgorithm>(['sha256', ...(expected === undefined ? [] : [expected.algorithm])]);
  return new Map([...algorithms].map((algorithm) => [algorithm, createHash(algorithm)]));
}

/** Reads a file through hashes. */
export async function feed(
  path: string,
  hashes: ReadonlyMap<HashAlgorithm, Hash>,
  progress?: (done: number) => void,
): Promise<void> {
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    for (const hash of hashes.values()) hash.update(chunk);
    done += chunk.length;
    progress?.(done);
  }
}
