import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is known of a cached image, so that it need not be made again. */
export interface KnownImage {
  /** SHA-256 of what is served, hex: its name in the store. */
  readonly digest: string;
  readonly sourceFormat: string;
  readonly diskFormat: string;
  readonly virtualSize: number;
  /** Where it was fetched from. */
  readonly url: string;
}

/** Images by what was asked for: the digest of the source, and whether it was wanted raw. Kept over restarts. */
export interface ImageIndex {
  find(key: string): KnownImage | undefined;
  add(key: string, image: KnownImage): Promise<void>;
  /** Forgets what is said of images that are gone. */
  keepOnly(isHere: (digest: string) => boolean): Promise<void>;
  urlsOf(digest: string): readonly string[];
}

/** Kept in `<folder>/images.json`. An unreadable file counts as empty: the worst is a download too many. */
export function fileImageIndex(folder: string): ImageIndex {
  const path = join(folder, 'images.json');
  const images = new Map<string, KnownImage>(load(path));
  let saving: Promise<void> = Promise.resolve();

  function save(): Promise<void> {
    const write = async () => {
      const text = JSON.stringify(Object.fromEntries(images));
      await mkdir(folder, { recursive: true });
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    };
    saving = saving.then(write, write);
    return saving;
  }

  return {
    find: (key) => images.get(key),
    add(key, image) {
      images.set(key, image);
      return save();
    },
    async keepOnly(isHere) {
      const before = images.size;
      for (const [key, { digest }] of images) if (!isHere(digest)) images.delete(key);
      if (images.size !== before) await save();
    },
    urlsOf: (digest) => [
      ...new Set([...images.values()].filter((image) => image.digest === digest).map(({ url }) => url)),
    ],
  };
}

function load(path: string): [string, KnownImage][] {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? Object.entries(parsed as Record<string, KnownImage>) : [];
  } catch {
    return [];
  }
}
