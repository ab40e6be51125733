import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Hasher } from './ports.ts';

/** Below this, starting a thread costs more than hashing. */
const smallFile = 4 * 1024 * 1024;

/** The thread's program. As text, so that it is found when the service is bundled into one file. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { openSync, readSync, closeSync } = require('node:fs');
const hashes = workerData.algorithms.map((algorithm) => createHash(algorithm));
const buffer = Buffer.allocUnsafe(1024 * 1024);
const file = openSync(workerData.path, 'r');
for (let read; (read = readSync(file, buffer)) > 0; ) for (const hash of hashes) hash.update(buffer.subarray(0, read));
closeSync(file);
parentPort.postMessage(hashes.map((hash) => hash.digest('hex')));
`;

/** Hashes small files at once and large ones in a thread of their own, one at a time. */
export function workerHasher(): Hasher {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async digests(path, algorithms, signal) {
      signal.throwIfAborted();
      if ((await stat(path)).size <= smallFile) {
        const bytes = await readFile(path);
        return algorithms.map((algorithm) => createHash(algorithm).update(bytes).digest('hex'));
      }
      const mine = last.then(
        () => inThread(path, algorithms, signal),
        () => inThread(path, algorithms, signal),
      );
      last = mine.catch(() => {});
      return mine;
    },
  };
}

function inThread(path: string, algorithms: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true, workerData: { path, algorithms }, execArgv: [] });
    const stop = () => {
      void worker.terminate();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', (digests: readonly string[]) => {
      signal.removeEventListener('abort', stop);
      resolve(digests);
    });
    worker.once('error', reject);
  });
}
