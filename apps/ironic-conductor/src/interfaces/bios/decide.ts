import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, type Journal } from '../../work/journal.ts';
import { currentStep } from '../../verbs/steps.ts';
import { afterSelfTest, decideSelfTest } from '../power/off-and-on.ts';

/** Milestone of changed BIOS settings: sent to the BMC. */
export const biosSent = 'bios-sent';

/**
 * BIOS settings take effect in the self test: the machine is sent through one, and then the step runs again, which compares. Undefined while
 * no settings are on their way.
 */
export function decideBiosRestart(seen: Seen, phase: 'clean' | 'service'): Decision | undefined {
  const { journal } = seen;
  const step = currentStep(journal);
  if (!isDone(journal, biosSent) || step === undefined || journal.steps === null) return undefined;
  return (
    decideSelfTest(seen) ?? {
      kind: 'effect',
      effect: { kind: 'run-step', of: phase, index: journal.steps.finished, step },
    }
  );
}

/** The notes once the settings are as wanted. */
export function biosSettled(journal: Journal): Journal {
  if (!isDone(journal, biosSent)) return journal;
  return afterSelfTest({ ...journal, done: journal.done.filter((name) => name !== biosSent) });
}
