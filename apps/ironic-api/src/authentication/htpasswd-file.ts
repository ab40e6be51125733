import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '@metal3/service';
import { parseHtpasswd } from './basic.ts';

/**
 * An htpasswd file that may be replaced while the service runs (a mounted Secret is). Looked at anew when its time stamp changes; a broken
 * new version is reported and the old one stays in force.
 *
 * @throws Error when the file cannot be read at the start
 */
export function htpasswdFile(
  path: string,
  log: Pick<Logger, 'error' | 'info'>,
  now: () => number,
): () => ReadonlyMap<string, string> {
  const checkEveryMs = 1000;
  let stamp = statSync(path).mtimeMs;
  let users = parseHtpasswd(readFileSync(path, 'utf8'));
  let checkedAt = now();
  return () => {
    if (now() - checkedAt < checkEveryMs) return users;
    checkedAt = now();
    try {
      const changed = statSync(path).mtimeMs;
      if (changed !== stamp) {
        users = parseHtpasswd(readFileSync(path, 'utf8'));
        stamp = changed;
        log.info({ path, users: users.size }, 'htpasswd file read anew');
      }
    } catch (error) {
      log.error({ path, error }, 'htpasswd file cannot be read; the users known before stay in force');
    }
    return users;
  };
}
