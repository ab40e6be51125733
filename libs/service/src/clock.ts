import { randomBytes, randomUUID } from 'node:crypto';

/** Time, passed in wherever something waits or stamps. `@metal3/testing` has one that tests move by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a scale that never jumps; only differences mean something. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` once after `ms`, unless the returned function is called first. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
  /** Runs `task` every `ms` after the previous run ended, first after `ms`; resolves once aborted, rejects when the task throws. */
  every(ms: number, task: () => void | Promise<void>, signal: AbortSignal): Promise<void>;
  /** A signal that aborts with a TimeoutError after `ms`, or with the parent's reason if that comes first. */
  deadline(ms: number, parent?: AbortSignal): AbortSignal;
}

/** Randomness, passed in so that tests and the simulated fleet can seed it. */
export interface Random {
  /** RFC 9562 version 4. */
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** URL-safe base64 of `bytes` unguessable bytes. */
  token(bytes: number): string;
}

/** The repetition shared by every clock. */
export async function repeat(
  sleep: Clock['sleep'],
  ms: number,
  task: () => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await sleep(ms, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await task();
  }
}

/** Wall-clock time of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const aborted = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      }, ms);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every: (ms, task, signal) => repeat(systemClock.sleep, ms, task, signal),
  deadline(ms, parent) {
    const timeout = AbortSignal.timeout(ms);
    return parent === undefined ? timeout : AbortSignal.any([parent, timeout]);
  },
};

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  token: (bytes) => randomBytes(bytes).toString('base64url'),
};
