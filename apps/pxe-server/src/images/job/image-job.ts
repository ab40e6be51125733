import { constants } from 'node:fs';
import { copyFile, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { imageErrors } from '../../errors.ts';
import { fetchText } from '../../files/fetch-text.ts';
import { allowedPath, type ExpectedDigest } from '../../files/library.ts';
import type { Fetcher } from '../../files/ports.ts';
import { systemCode } from '../../files/system-code.ts';
import { findDigest, readChecksum } from '../checksum.ts';
import { inspectImage } from '../formats/inspect.ts';
import { admit, formatName, isDisk } from '../formats/policy.ts';
import { fileReader } from '../formats/reader.ts';
import type { Inspection } from '../formats/verdict.ts';
import { findOciBlob } from '../oci/registry.ts';
import { download, feed, hashesFor } from './download.ts';
import type { JobOrder, JobResult, Stage } from './protocol.ts';
import { convertToRaw } from './qemu-img.ts';
import { compressionOf, unpack } from './unpack.ts';

export interface JobPorts {
  readonly fetcher: Fetcher;
  readonly progress: (stage: Stage, done: number, total: number) => void;
  readonly resolved: (expected: ExpectedDigest) => void;
  readonly signal: AbortSignal;
}

/** Checksum files are a few KiB; more is not one. */
const longestChecksumFile = 1024 * 1024;

/**
 * Brings one image here, from its URL to a file that is safe to serve. What it learns of the image it learns from its bytes, and nothing but
 * a converter under limits ever follows them.
 *
 * @throws CodedError of imageErrors
 */
export async function imageJob(order: JobOrder, ports: JobPorts): Promise<JobResult> {
  const { draft, limits } = order;
  const part = `${draft}.part`;
  const unpacked = `${draft}.unpacked`;
  const raw = `${draft}.raw`;
  for (const left of [unpacked, raw]) await rm(left, { force: true });
  try {
    let digest = await bring(order, part, ports);
    let path = part;
    const compression = await compressionOf(path).catch(() => undefined);
    if (compression !== undefined) {
      const total = (await stat(path)).size;
      const progress = (done: number) => ports.progress('finishing', done, Math.max(done, total));
      await unpack(path, unpacked, compression, { limit: limits.largestFile, progress, signal: ports.signal });
      await rename(unpacked, part);
      digest = '';
    }
    ports.progress('inspecting', 0, 0);
    const source = await inspected(path);
    admit(source, order.diskFormat, { permitted: limits.permittedFormats, largestDisk: limits.largestFile });
    let result = source;
    if (order.forceRaw && !isDisk(source.format)) {
      await makeSureOfSpace(draft, source.virtualSize);
      const { virtualSize, format } = source;
      const progress = (fraction: number) =>
        ports.progress('converting', Math.round(fraction * virtualSize), virtualSize);
      progress(0);
      await convertToRaw({ from: path, to: raw, format, virtualSize }, limits, progress, ports.signal);
      result = await inspected(raw);
      // A disk whose first bytes are those of another image would be opened as that by whoever trusts its bytes.
      if (!isDisk(result.format)) {
        throw imageErrors.unsafe(`the disk in the ${format} image is itself a ${result.format} image`);
      }
      await rm(part, { force: true });
      path = raw;
      digest = '';
    }
    const { size } = await stat(path);
    if (digest === '') {
      const hashes = hashesFor(undefined);
      await feed(path, hashes, (done) => ports.progress('finishing', done, size));
      digest = hashes.get('sha256')?.digest('hex') ?? '';
    }
    const { virtualSize } = result;
    const diskFormat = formatName(result.format);
    return { path, digest, size, sourceFormat: source.format, diskFormat, virtualSize };
  } catch (error) {
    for (const left of [unpacked, raw]) await rm(left, { force: true });
    // A part that can be continued stays, until it is too old.
    if (!mayContinue(error)) for (const left of [part, `${part}.json`]) await rm(left, { force: true });
    throw error;
  }
}

const continued = [imageErrors.truncated, imageErrors.unreachable, imageErrors.timeout].map(
  ({ row }) => row.code as string,
);
const mayContinue = (error: unknown) =>
  (error instanceof Error && error.name === 'AbortError') || continued.includes(systemCode(error));

/** Fetches or copies the source to `part`. Returns its SHA-256. */
async function bring(order: JobOrder, part: string, ports: JobPorts): Promise<string> {
  const { url, limits } = order;
  const { fetcher, signal } = ports;
  const expected = await expectedDigest(order, ports);
  if (url.startsWith('file:')) return copied(order, part, expected);
  const blob = url.startsWith('oci:')
    ? await findOciBlob(url, {
        pullSecret: order.pullSecret,
        cpuArchitecture: order.cpuArchitecture,
        preferRaw: !order.forceRaw,
        insecure: limits.insecureRegistries,
        stallMs: limits.stallMs,
        signal,
      })
    : { url, headers: {}, digest: '', size: 0 };
  const pinned: ExpectedDigest | undefined =
    blob.digest === '' ? expected : { algorithm: 'sha256', value: blob.digest };
  if (expected?.algorithm === 'sha256' && pinned !== undefined && pinned.value !== expected.value) {
    throw mismatch(url, expected, pinned.value);
  }
  if (pinned !== undefined) ports.resolved(pinned);
  await makeSureOfSpace(order.draft, blob.size);
  ports.progress('downloading', 0, blob.size);
  const digest = await download(fetcher, {
    url: blob.url,
    headers: blob.headers,
    path: part,
    expected: pinned,
    limit: limits.largestFile,
    progress: (done, total) => ports.progress('downloading', done, total),
    signal,
  });
  // A registry's digest and an MD5 or SHA-512 of the request: both have to be right.
  if (expected !== undefined && pinned !== expected && expected.algorithm !== 'sha256')
    await check(url, part, expected);
  return digest;
}

async function expectedDigest({ url, checksum, checksumType }: JobOrder, { fetcher, signal }: JobPorts) {
  if (checksum === '') return undefined;
  const wanted = readChecksum(checksum, checksumType);
  if (wanted.kind === 'digest') return wanted.expected;
  const text = await fetchText(fetcher, wanted.url, longestChecksumFile, signal);
  return findDigest(text, url, wanted.algorithm, wanted.url);
}

/** Copied before it is looked at, so that it cannot change in between. */
async function copied({ url, limits, draft }: JobOrder, part: string, expected: ExpectedDigest | undefined) {
  const path = await allowedPath(url, limits.fileRoots);
  const { size } = await stat(path);
  if (size > limits.largestFile) {
    throw imageErrors.tooLarge(`${url} has ${size} bytes; at most ${limits.largestFile} are kept`, {
      details: { url },
    });
  }
  await makeSureOfSpace(draft, size);
  await copyFile(path, part, constants.COPYFILE_FICLONE);
  return check(url, part, expected);
}

async function check(url: string, path: string, expected: ExpectedDigest | undefined): Promise<string> {
  const hashes = hashesFor(expected);
  await feed(path, hashes);
  const digests = new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
  const actual = expected === undefined ? '' : (digests.get(expected.algorithm) ?? '');
  if (expected !== undefined && actual !== expected.value) throw mismatch(url, expected, actual);
  return digests.get('sha256') ?? '';
}

const mismatch = (url: string, { algorithm, value }: ExpectedDigest, actual: string) =>
  imageErrors.checksum(`${url}: the ${algorithm} checksum is ${actual}, expected was ${value}`, {
    details: { url, expected: value, actual },
  });

async function inspected(path: string): Promise<Inspection> {
  const file = await open(path);
  try {
    return await inspectImage(await fileReader(file));
  } finally {
    await file.close();
  }
}

async function makeSureOfSpace(draft: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(draft));
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw imageErrors.noSpace(`${bytes} bytes are needed in the cache, ${free} are free on its disk`);
}
