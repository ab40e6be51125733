import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { cleanPath } from '../clean-path.ts';
import type { TftpFiles } from '../ports.ts';

/** No boot loader is larger; kernels and ramdisks go by HTTP. */
const largest = 64 * 1024 * 1024;
/** Together; the files used longest ago are forgotten first. */
const rememberedBytes = 64 * 1024 * 1024;

/**
 * Files below folders, the first folder that has one wins. Symbolic links are followed as long as they stay inside their folder.
 * Contents are kept in memory and read again when the file has changed.
 */
export function folderFiles(folders: readonly string[]): TftpFiles {
  const kept = new Map<string, { readonly version: string; readonly bytes: Uint8Array }>();
  let size = 0;

  async function load(path: string): Promise<Uint8Array | undefined> {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > largest) return undefined;
    const version = `${facts.mtimeMs}/${facts.size}/${facts.ino}`;
    const known = kept.get(path);
    if (known?.version === version) {
      kept.delete(path);
      kept.set(path, known);
      return known.bytes;
    }
    const bytes = await readFile(path);
    if (known !== undefined) size -= known.bytes.length;
    kept.delete(path);
    kept.set(path, { version, bytes });
    size += bytes.length;
    for (const [other, { bytes: old }] of kept) {
      if (size <= rememberedBytes || other === path) break;
      kept.delete(other);
      size -= old.length;
    }
    return bytes;
  }

  return {
    async find(name) {
      const path = cleanPath(name);
      if (path === undefined) return undefined;
      for (const folder of folders) {
        try {
          const root = await realpath(folder);
          const file = await realpath(join(root, path));
          if (!file.startsWith(root + sep)) continue;
          const bytes = await load(file);
          if (bytes !== undefined) return { bytes };
        } catch {
          // Not here: the next folder may have it.
        }
      }
      return undefined;
    },
  };
}
