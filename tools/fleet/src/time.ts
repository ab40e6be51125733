import { setImmediate, setTimeout } from 'node:timers/promises';

/** The time of the simulated world. All waits of hardware pass through it, so that a test can own them. */
export interface SimulatedTime {
  /** Milliseconds since the epoch, by the real clock: what servers outside agree with us about. */
  now(): number;
  /** Waits for hardware: simulated seconds, scaled. Rejects with the signal's reason when aborted. */
  pass(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Waits before trying again: scaled, but never so short that a fleet without delays floods a server that says no. */
  backOff(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Waits by the real clock, for intervals a server outside has asked for. */
  passReal(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Real timers, with simulated seconds multiplied by `scale`. */
export function scaledTime(scale: number): SimulatedTime {
  return {
    now: Date.now,
    async pass(seconds, signal) {
      const ms = seconds * scale * 1000;
      await (ms < 1 ? setImmediate(undefined, { signal }) : setTimeout(ms, undefined, { signal, ref: false }));
    },
    async backOff(seconds, signal) {
      const ms = Math.max(seconds * scale, Math.min(seconds / 10, 2)) * 1000;
      await setTimeout(ms, undefined, { signal, ref: false });
    },
    async passReal(seconds, signal) {
      await setTimeout(seconds * 1000, undefined, { signal, ref: false });
    },
  };
}
