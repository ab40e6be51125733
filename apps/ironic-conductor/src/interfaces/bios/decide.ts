import { decidePower } from '../power/decide.ts';
import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, type Journal, withDone } from '../../work/journal.ts';
import { currentStep } from '../../verbs/steps.ts';

/** Milestones of changed BIOS settings: sent to the BMC, and the machine off since then. */
export const biosSent = 'bios-sent';
const biosOff = 'bios-off';
/** The machine was switched on for its BIOS and has to be switched off in the end. */
export const switchedOn = 'switched-on';

/**
 * BIOS settings take effect in the self test: off, on, and then the step runs again, which compares. Undefined while no settings are on their
 * way.
 */
export function decideBiosRestart(seen: Seen, phase: 'clean' | 'service'): Decision | undefined {
  const { journal } = seen;
  const step = currentStep(journal);
  if (!isDone(journal, biosSent) || step === undefined || journal.steps === null) return undefined;
  if (!isDone(journal, biosOff)) {
    return decidePower(seen, { to: 'off', manner: 'hard' }) ?? { kind: 'note', journal: withDone(journal, biosOff) };
  }
  return (
    decidePower(seen, { to: 'on', manner: 'hard' }) ?? {
      kind: 'effect',
      effect: { kind: 'run-step', of: phase, index: journal.steps.finished, step },
    }
  );
}

/** The notes once the settings are as wanted. The restart has ended any agent, so the next step of one boots it again. */
export function biosSettled(journal: Journal): Journal {
  const restarted = isDone(journal, biosSent);
  if (!restarted) return journal;
  const done = journal.done.filter((name) => name !== biosSent && name !== biosOff && name !== 'ejected');
  return { ...withDone({ ...journal, done }, switchedOn), boot: null };
}
