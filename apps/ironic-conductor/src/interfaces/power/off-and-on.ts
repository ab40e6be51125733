import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, type Journal, withDone } from '../../work/journal.ts';
import { decidePower } from './decide.ts';

/** Off, where the machine may be switched off; undefined at once for one that must not be. */
export const decideOff = (seen: Seen): Decision | undefined =>
  seen.node.disablePowerOff ? undefined : decidePower(seen, { to: 'off', manner: 'hard' });

/**
 * A start that boots anew what the machine was told to boot: on for one that was switched off before; a restart for one that must not be
 * switched off. Undefined once it is on its way; then `afterStart` has to be noted. `agent` lets the agent write its disks down first.
 */
export function decideStart(seen: Seen, manner: 'hard' | 'agent', confirm: boolean): Decision | undefined {
  const { journal, node } = seen;
  const on = (): Decision | undefined => decidePower(seen, { to: 'on', manner: 'hard', confirm });
  if (!node.disablePowerOff || isDone(journal, restarted)) return on();
  const state = journal.power?.state ?? null;
  if (state === null) return { kind: 'effect', effect: { kind: 'read-power' } };
  return state === 'on' ? { kind: 'effect', effect: { kind: 'restart', manner } } : on();
}

/** A later start in the same work is another one. */
export const afterStart = (journal: Journal): Journal => ({
  ...journal,
  done: journal.done.filter((name) => name !== restarted),
});

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
  if (node.disablePowerOff || isDone(journal, wentOff)) return decideStart(seen, 'hard', true);
  return decidePower(seen, { to: 'off', manner: 'hard' }) ?? { kind: 'note', journal: withDone(journal, wentOff) };
}

/** The notes after a self test: it has ended any agent, so that the next step of one boots it again. */
export function afterSelfTest(journal: Journal): Journal {
  const begun = afterStart(journal);
  const done = begun.done.filter((name) => name !== wentOff && name !== 'ejected');
  return { ...withDone({ ...begun, done }, switchedOn), boot: null };
}
