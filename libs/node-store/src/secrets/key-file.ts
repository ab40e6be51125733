import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '@metal3/service';

const keyBytes = 32;

/**
 * The key that secrets are sealed with: 32 bytes in base64 in a file of mode 0600. A file that does not exist is made, and of several
 * processes that start together all get the same one.
 *
 * @throws Error naming the file when it holds something else
 */
export async function readOrCreateKey(path: string): Promise<Uint8Array> {
  // A key that is handed out, as a mounted Secret, lies where nothing may be written.
  if (!(await exists(path))) await create(path);
  return readKey(path);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function create(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function readKey(path: string): Promise<Uint8Array> {
  // Another process may be between creating the file and writing to it.
  for (let attempt = 0; ; attempt += 1) {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
    if (key.length === keyBytes) return key;
    if (key.length > 0 || attempt > 100) {
      throw new Error(`The key file ${path} must hold ${keyBytes} bytes in base64 but holds ${key.length}.`);
    }
    await systemClock.sleep(5);
  }
}
