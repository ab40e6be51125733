import type { Clock } from '@metal3/service';
import type { Stage } from './protocol.ts';

type Progress = (stage: Stage, done: number, total: number) => void;

/**
 * Progress that is told at most every `everyMs` within a stage. What was held back is told when that time is over, so that
 * a job which stands still shows how far it really came.
 */
export function toldProgress(tell: Progress, clock: Clock, everyMs: number): { progress: Progress; end(): void } {
  let stage: Stage | undefined;
  let held: (() => void) | undefined;
  let cancel = () => {};
  const pause = () => {
    cancel = clock.after(everyMs, () => {
      const late = held;
      held = stage = undefined;
      if (late !== undefined) late();
    });
  };
  return {
    progress(now, done, total) {
      if (now === stage) {
        held = () => {
          stage = now;
          tell(now, done, total);
          pause();
        };
        return;
      }
      cancel();
      held = undefined;
      stage = now;
      tell(now, done, total);
      pause();
    },
    end() {
      cancel();
      held = undefined;
    },
  };
}
