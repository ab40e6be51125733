import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { LocalFile } from './ports.ts';

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
  /** Marks a file as used now. */
  touch(digest: string): void;
  /** Writes a stream to a draft. @throws CodedError IMAGE-TOO-LARGE */
  receive(body: AsyncIterable<Uint8Array>, progress: (bytes: number) => void, signal: AbortSignal): Promise<Draft>;
  discard(draft: Draft): Promise<void>;
  /** Takes a draft into the store and makes room for it. */
  keep(draft: Draft, digest: string): Promise<LocalFile>;
  /** Bytes in use. */
  readonly size: number;
  readonly count: number;
}

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
  const kept = new Map<string, Kept>();
  let size = 0;
  let drafted = 0;

  async function makeRoom(needed: number): Promise<void> {
    if (size + needed <= maxSize) return;
    const stay = pinned();
    const candidates = [...kept.values()]
      .filter(({ digest }) => !stay.has(digest))
      .sort((one, other) => one.usedAt - other.usedAt);
    for (const { digest, path, size: bytes } of candidates) {
      if (size + needed <= maxSize) return;
      // Readers that have the file open keep it until they are done.
      kept.delete(digest);
      size -= bytes;
      await rm(path, { force: true });
    }
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
      for (const digest of await readdir(objects)) {
        if (!/^[0-9a-f]{64}$/.test(digest)) continue;
        const path = join(objects, digest);
        const { size: bytes, mtimeMs } = await stat(path);
        kept.set(digest, { digest, path, size: bytes, usedAt: mtimeMs });
        size += bytes;
      }
      await makeRoom(0);
    },
    find: (digest) => kept.get(digest),
    touch(digest) {
      const file = kept.get(digest);
      if (file === undefined) return;
      file.usedAt = clock.now();
      const seconds = file.usedAt / 1000;
      // The time of use survives a restart; losing one is of no consequence.
      void utimes(file.path, seconds, seconds).catch(() => {});
    },
    async receive(body, progress, signal) {
      const path = join(drafts, String(drafted++));
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
        throw error;
      }
      return { path, size: bytes };
    },
    discard: ({ path }) => rm(path, { force: true }),
    async keep(draft, digest) {
      const known = kept.get(digest);
      if (known !== undefined) {
        await rm(draft.path, { force: true });
        known.usedAt = clock.now();
        return known;
      }
      await makeRoom(draft.size);
      const path = join(objects, digest);
      await rename(draft.path, path);
      const file: Kept = { digest, path, size: draft.size, usedAt: clock.now() };
      kept.set(digest, file);
      size += file.size;
      return file;
    },
  };
}
