import type { Clock } from '@metal3/kube-client';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** First pause after a failure; doubles with each further one. 5 ms if left out. */
  readonly backOffFromMs?: number;
  /** Longest pause. 1,000 s if left out. */
  readonly backOffToMs?: number;
}

/**
 * The queue between watches and passes: a key waits in it once however often it is added, is never handed to two
 * workers at a time (added meanwhile, it comes again after `done`), and can come back later.
 */
export interface WorkQueue {
  add(key: string): void;
  /** The earliest of several delays wins; a plain `add` makes it due at once. */
  addAfter(key: string, milliseconds: number): void;
  /** Adds after the back-off of this key, which grows until `forget`. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  failures(key: string): number;
  /** The next key, or undefined when the signal aborts. Call `done` with it afterwards. */
  take(signal: AbortSignal): Promise<string | undefined>;
  done(key: string): void;
  /** Keys ready and not yet taken. */
  readonly depth: number;
}

export function workQueue({ clock, backOffFromMs = 5, backOffToMs = 1_000_000 }: WorkQueueOptions): WorkQueue {
  const ready = new Set<string>();
  const taken = new Set<string>();
  const again = new Set<string>();
  const failed = new Map<string, number>();
  const delayed = new Map<string, { readonly due: number; readonly cancel: () => void }>();
  const waiters: (() => void)[] = [];

  const add = (key: string): void => {
    cancelDelay(key);
    if (taken.has(key)) {
      again.add(key);
      return;
    }
    ready.add(key);
    waiters.shift()?.();
  };

  const cancelDelay = (key: string): void => {
    delayed.get(key)?.cancel();
    delayed.delete(key);
  };

  const addAfter = (key: string, milliseconds: number): void => {
    if (milliseconds <= 0) return add(key);
    const due = clock.now() + milliseconds;
    const pending = delayed.get(key);
    if (pending !== undefined && pending.due <= due) return;
    cancelDelay(key);
    delayed.set(key, { due, cancel: clock.after(milliseconds, () => add(key)) });
  };

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const failures = failed.get(key) ?? 0;
      failed.set(key, failures + 1);
      addAfter(key, Math.min(backOffFromMs * 2 ** failures, backOffToMs));
    },
    forget: (key) => void failed.delete(key),
    failures: (key) => failed.get(key) ?? 0,
    async take(signal) {
      while (!signal.aborted) {
        const [next] = ready;
        if (next !== undefined) {
          ready.delete(next);
          taken.add(next);
          return next;
        }
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            signal.removeEventListener('abort', wake);
            const at = waiters.indexOf(wake);
            if (at >= 0) waiters.splice(at, 1);
            resolve();
          };
          waiters.push(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
      }
      return undefined;
    },
    done(key) {
      taken.delete(key);
      if (again.delete(key)) add(key);
    },
    get depth() {
      return ready.size;
    },
  };
}
