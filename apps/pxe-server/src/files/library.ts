import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import type { Fetcher, HashAlgorithm, Hasher, LocalFile } from './ports.ts';
import type { KnownSource, SourceMemory } from './source-memory.ts';

export interface Progress {
  /** Bytes that have arrived, and how many there will be (0 while unknown). */
  (done: number, total: number): void;
}

/** What a file must look like to be accepted. */
export interface ExpectedDigest {
  readonly algorithm: HashAlgorithm;
  /** Hex, lower case. */
  readonly value: string;
}

/** Brings files here, each once however many ask for it at the same time. */
export interface FileLibrary {
  /**
   * The file behind a URL. With an expected digest a file that is here already is used without asking; without one the server
   * is asked whether it has changed when the last answer is older than `recheckMs`.
   *
   * @throws CodedError of imageErrors
   */
  get(url: string, expected?: ExpectedDigest, progress?: Progress): Promise<LocalFile>;
  /** What `get` would answer now without fetching anything. */
  peek(url: string): LocalFile | undefined;
  /** Where a file came from. */
  urlsOf(digest: string): readonly string[];
  /** Stops everything under way. */
  stop(): void;
}

interface Known extends KnownSource {
  /** Set for files that are used where they are. */
  readonly inPlace?: { readonly file: LocalFile; readonly fingerprint: string };
}

export interface LibraryOptions {
  readonly store: ObjectStore;
  readonly fetcher: Fetcher;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly memory?: SourceMemory;
  readonly recheckMs: number;
  /** Folders whose files may be named by file:// URLs. */
  readonly fileRoots: readonly string[];
  /** URLs that the operator configured: their files may lie anywhere. */
  readonly trusted?: ReadonlySet<string>;
}

export function fileLibrary({
  store,
  fetcher,
  hasher,
  clock,
  memory,
  recheckMs,
  fileRoots,
  trusted,
}: LibraryOptions): FileLibrary {
  const known = new Map<string, Known>(memory?.load());
  const underWay = new Map<string, { readonly result: Promise<LocalFile>; readonly listeners: Set<Progress> }>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const keyOf = (url: string, expected?: ExpectedDigest) =>
    expected === undefined ? url : `${url} ${expected.algorithm}:${expected.value}`;

  const fileOf = (entry: Known | undefined): LocalFile | undefined =>
    entry?.inPlace?.file ?? (entry === undefined ? undefined : store.find(entry.digest));

  /** Files used in place are not remembered: looking at them costs no more than reading about them. */
  async function remember(): Promise<void> {
    for (const [key, entry] of known) if (fileOf(entry) === undefined) known.delete(key);
    await memory?.save(new Map([...known].filter(([, { inPlace: local }]) => local === undefined)));
  }

  function accept(url: string, expected: ExpectedDigest | undefined, actual: string | undefined): void {
    if (expected === undefined || actual === expected.value) return;
    throw imageErrors.checksum(
      `${url}: the ${expected.algorithm} checksum is ${actual}, expected was ${expected.value}`,
      { details: { url, expected: expected.value, actual: actual ?? '' } },
    );
  }

  const algorithmsFor = (expected: ExpectedDigest | undefined): readonly HashAlgorithm[] =>
    expected === undefined || expected.algorithm === 'sha256' ? ['sha256'] : ['sha256', expected.algorithm];

  async function download(url: string, expected: ExpectedDigest | undefined, progress: Progress): Promise<LocalFile> {
    const key = keyOf(url, expected);
    const before = known.get(key);
    const have = fileOf(before);
    if (have !== undefined && before !== undefined) {
      const fresh = expected !== undefined || clock.now() - before.checkedAt < recheckMs;
      if (fresh) {
        store.touch(have.digest);
        return have;
      }
    }
    const answer = await fetcher.fetch(url, have === undefined ? undefined : before?.validators, signal);
    if (answer.kind === 'unchanged' && have !== undefined && before !== undefined) {
      known.set(key, { ...before, checkedAt: clock.now() });
      store.touch(have.digest);
      return have;
    }
    if (answer.kind === 'unchanged')
      throw imageErrors.unreachable(`${url} answered "unchanged" without being asked for changes`);
    const total = answer.size ?? 0;
    progress(0, total);
    const draft = await store.receive(answer.body, (done) => progress(done, total), signal);
    try {
      if (answer.size !== undefined && draft.size !== answer.size) {
        throw imageErrors.truncated(`${url}: ${draft.size} of ${answer.size} bytes arrived`, { details: { url } });
      }
      const algorithms = algorithmsFor(expected);
      const digests = await hasher.digests(draft.path, algorithms, signal);
      accept(url, expected, digests.at(-1));
      const file = await store.keep(draft, digests[0] ?? '');
      known.set(key, { digest: file.digest, validators: answer.validators, checkedAt: clock.now() });
      await remember();
      return file;
    } catch (error) {
      await store.discard(draft);
      throw error;
    }
  }

  /** Files on this machine are used where they are; they count as changed when size, time or inode differ. */
  async function inPlace(url: string, expected: ExpectedDigest | undefined): Promise<LocalFile> {
    const key = keyOf(url, expected);
    const path = await allowedPath(url, trusted?.has(url) === true ? ['/'] : fileRoots);
    const { size, mtimeMs, ino } = await stat(path);
    const fingerprint = `${size} ${mtimeMs} ${ino}`;
    const before = known.get(key)?.inPlace;
    if (before?.fingerprint === fingerprint) return before.file;
    const digests = await hasher.digests(path, algorithmsFor(expected), signal);
    accept(url, expected, digests.at(-1));
    const file: LocalFile = { digest: digests[0] ?? '', path, size };
    const validators = { etag: undefined, lastModified: undefined };
    known.set(key, { digest: file.digest, validators, checkedAt: clock.now(), inPlace: { file, fingerprint } });
    return file;
  }

  return {
    get(url, expected, progress) {
      const key = keyOf(url, expected);
      const running = underWay.get(key);
      if (running !== undefined) {
        if (progress !== undefined) running.listeners.add(progress);
        return running.result;
      }
      const listeners = new Set<Progress>(progress === undefined ? [] : [progress]);
      const tell: Progress = (done, total) => {
        for (const listener of listeners) listener(done, total);
      };
      const result = (url.startsWith('file:') ? inPlace(url, expected) : download(url, expected, tell)).finally(() =>
        underWay.delete(key),
      );
      underWay.set(key, { result, listeners });
      return result;
    },
    peek: (url) => fileOf(known.get(url)),
    urlsOf: (digest) =>
      [...known].filter(([, entry]) => entry.digest === digest).map(([key]) => key.split(' ')[0] ?? ''),
    stop: () => stopping.abort(),
  };
}

/**
 * The path of a file:// URL, if it is below one of the roots.
 * @throws CodedError IMAGE-URL-INVALID, IMAGE-ABSENT, IMAGE-PATH-NOT-ALLOWED
 */
export async function allowedPath(url: string, roots: readonly string[]): Promise<string> {
  let path: string;
  try {
    // Symbolic links are followed first, so that none leads out of the roots.
    path = await realpath(fileURLToPath(url));
  } catch (error) {
    if (error instanceof TypeError)
      throw imageErrors.url(`${url} is not a file URL`, { cause: error, details: { url } });
    throw imageErrors.absent(`${url} does not exist on pxe-server`, { cause: error, details: { url } });
  }
  for (const root of roots) {
    const within = relative(await realpath(root).catch(() => root), path);
    if (within !== '' && !within.startsWith('..') && !isAbsolute(within)) return path;
  }
  throw imageErrors.notAllowed(`${url} is not below ${roots.join(' or ') || 'any allowed folder'}`, {
    details: { url },
  });
}
