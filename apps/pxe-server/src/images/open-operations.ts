import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRequest } from './request.ts';

/** Requests whose operations have not ended, so that a restart goes on with them. */
export interface OpenOperations {
  load(): readonly ImageRequest[];
  save(requests: readonly ImageRequest[]): void;
}

/**
 * Kept in `<folder>/operations.json`. Requests with a pull secret are left out: whoever asked asks again, and no secret lies on a disk.
 */
export function fileOpenOperations(folder: string): OpenOperations {
  const path = join(folder, 'operations.json');
  let saving: Promise<void> = Promise.resolve();
  return {
    load() {
      try {
        const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
        return Array.isArray(parsed) ? (parsed as ImageRequest[]) : [];
      } catch {
        return [];
      }
    },
    save(requests) {
      const text = JSON.stringify(requests.filter(({ pullSecret }) => pullSecret === ''));
      const write = async () => {
        await mkdir(folder, { recursive: true });
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      };
      // Losing it costs a caller one more request.
      saving = saving.then(write, write).catch(() => {});
    },
  };
}
