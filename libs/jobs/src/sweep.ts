import type { Clock, Random } from '@metal3/service';

/** Where due work stands: SQL. */
export interface DueWork {
  /** Nodes that are due now, the longest due first. */
  due(limit: number): Promise<readonly string[]>;
  /** Milliseconds until something is due; undefined when nothing is planned. */
  nextDueIn(): Promise<number | undefined>;
}

export interface SweepOptions {
  readonly work: DueWork;
  /** Takes a node; must not reject. */
  readonly offer: (nodeUuid: string) => Promise<void>;
  /** The longest pause between two looks, a few seconds. Pauses vary by a fifth, so that conductors do not march in step. */
  readonly periodMs: number;
  /** At most this many nodes per look. */
  readonly batch: number;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly onError: (error: unknown) => void;
}

export interface Sweep {
  /** Looks again in `ms` if that is before the next look planned: for a timer that was just set. */
  within(ms: number): void;
  /** Stops looking; resolves when the look under way has ended. */
  close(): Promise<void>;
}

/** The shortest pause: a node that stays due although it was offered must not turn the sweep into a busy loop. */
const shortestMs = 20;

/**
 * Looks for due work in SQL, at once and then for ever: after `periodMs` at the latest, and sooner when a timer of a node runs out. It finds what
 * hints have lost, and it is all there is when Redis is away.
 */
export function startSweep({ work, offer, periodMs, batch, clock, random, onError }: SweepOptions): Sweep {
  let closed = false;
  let cancel: () => void = () => undefined;
  let nextLook = Number.POSITIVE_INFINITY;
  let looking: Promise<void> = Promise.resolve();

  const plan = (ms: number) => {
    if (closed) return;
    const at = clock.monotonic() + ms;
    if (at >= nextLook) return;
    cancel();
    nextLook = at;
    cancel = clock.after(ms, () => {
      nextLook = Number.POSITIVE_INFINITY;
      looking = looking.then(look);
    });
  };

  const look = async () => {
    if (closed) return;
    let pause = periodMs * (0.8 + 0.4 * random.fraction());
    try {
      const due = await work.due(batch);
      for (const nodeUuid of due) void offer(nodeUuid);
      // What is due stays due until its handler has claimed it: come back for the rest, not for the same.
      if (due.length === 0) pause = Math.min(pause, (await work.nextDueIn()) ?? pause);
      else if (due.length === batch) pause = Math.min(pause, 250);
    } catch (error) {
      onError(error);
    }
    plan(Math.max(shortestMs, pause));
  };

  plan(0);
  return {
    within: (ms) => plan(Math.max(shortestMs, ms)),
    async close() {
      closed = true;
      cancel();
      await looking;
    },
  };
}
