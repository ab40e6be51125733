import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of one run: databases, keys, logs, and a lock that keeps a second run out. */
export interface StateDir {
  readonly path: string;
  /** A file or folder inside. */
  readonly at: (...names: string[]) => string;
  /** Gives the folder back; `keepLogs` leaves the log files for the reader of an error. Says whether there are any. */
  readonly release: (options: { readonly keepLogs: boolean }) => boolean;
}

const marker = 'stack.pid';

/** Takes the folder for this process. Throws if a running stack holds it, or if it holds files that are not ours. */
export function takeStateDir(folder: string): StateDir {
  const path = resolve(folder);
  const lock = join(path, marker);
  const existed = existsSync(path);
  const holder = readPid(lock);
  if (holder !== undefined && isAlive(holder)) {
    throw new Error(`${path} is in use by process ${holder}: stop it, or give another folder with --state-dir`);
  }
  if (existed && holder === undefined && readdirSync(path).some((name) => name !== 'logs')) {
    throw new Error(`${path} holds files that are not of an earlier run: give an empty folder with --state-dir`);
  }
  // A folder that somebody made for us stays theirs; one that an earlier run left its logs in is ours to remove.
  const ours = !existed || holder !== undefined || existsSync(join(path, 'logs'));
  // What a killed run left behind is of no use: its servers are gone.
  if (holder !== undefined) rmSync(lock, { force: true });
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const file = openSync(lock, 'wx', 0o600);
  writeSync(file, String(process.pid));
  closeSync(file);
  for (const name of readdirSync(path)) if (name !== marker) rmSync(join(path, name), { recursive: true, force: true });
  mkdirSync(join(path, 'logs'));

  return {
    path,
    at: (...names) => join(path, ...names),
    release: (options) => {
      const keepLogs = options.keepLogs && readdirSync(join(path, 'logs')).length > 0;
      for (const name of readdirSync(path)) {
        if (name !== 'logs' || !keepLogs) rmSync(join(path, name), { recursive: true, force: true });
      }
      if (!keepLogs && ours) rmSync(path, { recursive: true, force: true });
      return keepLogs;
    },
  };
}

function readPid(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
