import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server's folder: the caller's, kept afterwards; or a temporary one, removed afterwards. */
export interface Scratch {
  readonly dir: string;
  readonly remove: () => void;
}

export function scratchDir(given: string | undefined, name: string): Scratch {
  if (given !== undefined) {
    mkdirSync(given, { recursive: true });
    return { dir: given, remove: () => undefined };
  }
  const dir = mkdtempSync(join(tmpdir(), `metal3-${name}-`));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
