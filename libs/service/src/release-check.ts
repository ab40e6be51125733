import type { Clock } from './clock.ts';

/** Something that must hold before a release can be said to work; rejects with what is wrong. */
export type ReleaseStep = readonly [what: string, holds: (signal: AbortSignal) => Promise<void>];

export interface ReleaseCheck {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Milliseconds; what does not hold yet is looked at again until then. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

/** Answers whether a release works; each step is reported, and the first that does not hold in time ends it. */
export async function checkRelease(
  steps: readonly ReleaseStep[],
  { clock, timeoutMs, report }: ReleaseCheck,
  signal: AbortSignal,
): Promise<boolean> {
  const end = clock.now() + timeoutMs;
  for (const [what, holds] of steps) {
    for (;;) {
      const problem = await holds(signal).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (problem === undefined) break;
      if (clock.now() >= end) {
        report(`FAILED ${what}: ${problem}`);
        return false;
      }
      await clock.sleep(1_000, signal);
    }
    report(`ok     ${what}`);
  }
  return true;
}
