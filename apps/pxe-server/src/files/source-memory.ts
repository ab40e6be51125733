import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Validators } from './ports.ts';

/** What was fetched from where, and when the server was last asked. */
export interface KnownSource {
  readonly digest: string;
  readonly validators: Validators;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** Remembers sources over a restart, so that a kernel of hundreds of MiB is asked about instead of fetched again. */
export interface SourceMemory {
  load(): ReadonlyMap<string, KnownSource>;
  save(sources: ReadonlyMap<string, KnownSource>): Promise<void>;
}

/** Keeps them in `<folder>/sources.json`. An unreadable file counts as empty: the worst is a download too many. */
export function fileSourceMemory(folder: string): SourceMemory {
  const path = join(folder, 'sources.json');
  let saving: Promise<void> = Promise.resolve();
  return {
    load() {
      try {
        return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, KnownSource>));
      } catch {
        return new Map();
      }
    },
    save(sources) {
      const text = JSON.stringify(Object.fromEntries(sources));
      const write = async () => {
        await mkdir(folder, { recursive: true });
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      };
      saving = saving.then(write, write);
      return saving;
    },
  };
}
