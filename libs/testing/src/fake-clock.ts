import { repeat, type Clock } from '@metal3/service';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time forward, running what falls due in order, and lets the promises it wakes settle. */
  advance(ms: number): Promise<void>;
  /** Timers waiting. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** Lets pending promise callbacks run; a macrotask turn, so that chains of any length settle. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  let order = 0;
  const timers = new Set<Timer>();
  const next = (until: number) =>
    [...timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at || one.order - other.order)[0];
  const after = (ms: number, task: () => void) => {
    const timer: Timer = { at: now + ms, order: order++, task };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
      const aborted = () => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', aborted, { once: true });
    });
  return {
    now: () => now,
    monotonic: () => now - start,
    sleep,
    after,
    every: (ms, task, signal) => repeat(sleep, ms, task, signal),
    deadline(ms, parent) {
      const overdue = new AbortController();
      after(ms, () => overdue.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')));
      return parent === undefined ? overdue.signal : AbortSignal.any([parent, overdue.signal]);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        now = Math.max(now, timer.at);
        timers.delete(timer);
        timer.task();
        await settle();
      }
      now = until;
      await settle();
    },
    get pending() {
      return timers.size;
    },
  };
}
