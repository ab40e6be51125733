import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, type Journal, withDone } from '../../work/journal.ts';
import { decidePower } from './decide.ts';

/** The machine was switched on for its own sake, not for an agent, and has to be switched off in the end. */
export const switchedOn = 'switched-on';
const wentOff = 'off-for-settings';
const restarted = 'restarted';

/**
 * The next act of a self test, in which machines take over what their BMC was told: off and on, or a restart where the machine must not be
 * switched off. Undefined once it is on its way; then `afterSelfTest` has to be noted.
 */
export function decideSelfTest(seen: Seen): Decision | undefined {
  const { journal, node } = seen;
  const on = (): Decision | undefined => decidePower(seen, { to: 'on', manner: 'hard' });
  if (node.disablePowerOff) {
    if (isDone(journal, restarted)) return undefined;
    const state = journal.power?.state ?? null;
    if (state === null) return { kind: 'effect', effect: { kind: 'read-power' } };
    return state === 'on' ? { kind: 'effect', effect: { kind: 'restart', manner: 'hard' } } : on();
  }
  if (isDone(journal, wentOff)) return on();
  return decidePower(seen, { to: 'off', manner: 'hard' }) ?? { kind: 'note', journal: withDone(journal, wentOff) };
}

/** The notes after a self test: it has ended any agent, so that the next step of one boots it again. */
export function afterSelfTest(journal: Journal): Journal {
  const done = journal.done.filter((name) => name !== wentOff && name !== restarted && name !== 'ejected');
  return { ...withDone({ ...journal, done }, switchedOn), boot: null };
}
