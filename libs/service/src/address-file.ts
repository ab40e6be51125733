import { renameSync, writeFileSync } from 'node:fs';

/**
 * Tells others where a listener was bound, for listeners on a port of the system's choice: the file holds `host:port`.
 * It appears whole or not at all, since whoever waits for it reads it the moment it exists. An empty path writes nothing.
 */
export function writeAddressFile(path: string, address: string): void {
  if (path === '') return;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, address);
  renameSync(unfinished, path);
}
