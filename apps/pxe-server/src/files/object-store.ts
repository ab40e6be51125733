import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { LocalFile } from './ports.ts';
import { isDiskFull } from './system-code.ts';

/** A download that has arrived but has no name yet. */
export interface Draft {
  readonly path: string;
  readonly size: number;
}

/** Files named by the SHA-256 of their content, within a size limit. */
export interface ObjectStore {
  /** Finds what is there from earlier runs and removes unfinished downloads. */
  open(): Promise<void>;
  find(digest: string): LocalFile | undefined;
  /**
   * The same, marked as used now. Also finds what another process has put into the folder meanwhile, and forgets what is no longer there.
   */
  use(digest: string): Promise<LocalFile | undefined>;
  /** The file turned out to be gone. */
  forget(digest: string): void;
  /** Marks a file as used now. */
  touch(digest: string): void;
  /** Writes a stream to a draft. @throws CodedError IMAGE-TOO-LARGE */
  receive(body: AsyncIterable<Uint8Array>, progress: (bytes: number) => void, signal: AbortSignal): Promise<Draft>;
  discard(draft: Draft): Promise<void>;
  /** Where a job may write; files there whose name ends in `.part` survive a restart for a day, to be continued. */
  draftPath(name: string): Promise<string>;
  /** All files. */
  list(): readonly StoredFile[];
  /** Removes a file; readers that have it open keep it until they are done. @throws CodedError IMAGE-IN-USE */
  remove(digest: string): Promise<void>;
  /** Takes a draft into the store and makes room for it. */
  keep(draft: Draft, digest: string): Promise<LocalFile>;
  /** Bytes in use. */
  readonly size: number;
  readonly count: number;
}

export interface StoredFile extends LocalFile {
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly pinned: boolean;
}

/** A download that was interrupted is continued within this time. */
const partAgeMs = 86_400_000;

interface Kept extends LocalFile {
  usedAt: number;
}

/** @param pinned digests that must stay, whatever the limit */
export function objectStore(
  folder: string,
  maxSize: number,
  clock: Clock,
  pinned: () => ReadonlySet<string>,
): ObjectStore {
  const objects = join(folder, 'objects');
  const drafts = join(folder, 'drafts');
  const jobs = join(folder, 'jobs');
  const kept = new Map<string, Kept>();
  let size = 0;
  let drafted = 0;

  async function makeRoom(needed: number): Promise<void> {
    if (size + needed <= maxSize) return;
    const stay = pinned();
    const candidates = [...kept.values()]
      .filter(({ digest }) => !stay.has(digest))
      .sort((one, other) => one.usedAt - other.usedAt);
    for (const { digest, path } of candidates) {
      if (size + needed <= maxSize) return;
      // Readers that have the file open keep it until they are done.
      forget(digest);
      await rm(path, { force: true });
    }
  }

  function add(file: Kept): void {
    kept.set(file.digest, file);
    size += file.size;
  }

  function forget(digest: string): void {
    const file = kept.get(digest);
    if (file === undefined) return;
    kept.delete(digest);
    size -= file.size;
  }

  function touch(digest: string): void {
    const file = kept.get(digest);
    if (file === undefined) return;
    file.usedAt = clock.now();
    const seconds = file.usedAt / 1000;
    // The time of use survives a restart; losing one is of no consequence.
    void utimes(file.path, seconds, seconds).catch(() => {});
  }

  return {
    get size() {
      return size;
    },
    get count() {
      return kept.size;
    },
    async open() {
      await rm(drafts, { recursive: true, force: true });
      await mkdir(drafts, { recursive: true });
      await mkdir(objects, { recursive: true });
      await mkdir(jobs, { recursive: true });
      for (const name of await readdir(jobs)) {
        const { mtimeMs } = await stat(join(jobs, name));
        const continued = /\.part(\.json)?$/.test(name) && clock.now() - mtimeMs < partAgeMs;
        if (!continued) await rm(join(jobs, name), { force: true });
      }
      for (const digest of await readdir(objects)) {
        if (!/^[0-9a-f]{64}$/.test(digest)) continue;
        const path = join(objects, digest);
        const { size: bytes, mtimeMs } = await stat(path);
        add({ digest, path, size: bytes, usedAt: mtimeMs });
      }
      await makeRoom(0);
    },
    find: (digest) => kept.get(digest),
    async use(digest) {
      const path = join(objects, digest);
      const there = await stat(path).catch(() => undefined);
      if (there === undefined) {
        forget(digest);
        return undefined;
      }
      if (!kept.has(digest)) add({ digest, path, size: there.size, usedAt: clock.now() });
      touch(digest);
      return kept.get(digest);
    },
    forget,
    touch,
    async receive(body, progress, signal) {
      const path = join(drafts, String(drafted++));
      // The folder may have been emptied while the service runs.
      await mkdir(drafts, { recursive: true });
      let bytes = 0;
      const counted = async function* (source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          bytes += chunk.length;
          if (bytes > maxSize) throw imageErrors.tooLarge(`the file is larger than the whole cache (${maxSize} bytes)`);
          progress(bytes);
          yield chunk;
        }
      };
      try {
        await pipeline(body, counted, createWriteStream(path), { signal });
      } catch (error) {
        await rm(path, { force: true });
        throw spaceError(error);
      }
      return { path, size: bytes };
    },
    async draftPath(name) {
      await mkdir(jobs, { recursive: true });
      return join(jobs, name);
    },
    list() {
      const stay = pinned();
      return [...kept.values()].map((file) => ({ ...file, pinned: stay.has(file.digest) }));
    },
    async remove(digest) {
      const file = kept.get(digest);
      if (file === undefined) return;
      if (pinned().has(digest)) throw imageErrors.inUse(`a boot medium needs the file ${digest}`);
      forget(digest);
      await rm(file.path, { force: true });
    },
    discard: ({ path }) => rm(path, { force: true }),
    async keep(draft, digest) {
      const known = kept.get(digest);
      if (known !== undefined && (await stat(known.path).catch(() => undefined)) === undefined) forget(digest);
      else if (known !== undefined) {
        await rm(draft.path, { force: true });
        known.usedAt = clock.now();
        return known;
      }
      await makeRoom(draft.size);
      const path = join(objects, digest);
      await mkdir(objects, { recursive: true });
      await rename(draft.path, path);
      const file: Kept = { digest, path, size: draft.size, usedAt: clock.now() };
      add(file);
      return file;
    },
  };
}

/** A full disk is a matter of configuration, not a defect. */
function spaceError(error: unknown): unknown {
  if (!isDiskFull(error)) return error;
  return imageErrors.noSpace(`the cache cannot be written: ${(error as Error).message}`, { cause: error });
}
