import { holdStates, type NodeStep } from '@metal3/node';
import type { Change, Decision, Seen } from '../work/decision.ts';
import type { StepPhase } from '../work/effects.ts';
import { isDone, withDone } from '../work/journal.ts';
import { showStep, stepName, stepOver } from './steps.ts';

/**
 * The steps `hold` and `wait`, which do nothing but let time pass: until somebody says `unhold`, or for the seconds that the step names
 * (without any it is over at once). Undefined for every other step.
 *
 * @param toWait what brings the node into its wait state, where it is not in it yet
 */
export function decidePause(
  seen: Seen,
  phase: StepPhase,
  step: NodeStep,
  toWait: Change | undefined,
): Decision | undefined {
  if (step.step === 'hold') return decideHold(seen, phase, step);
  if (step.step === 'wait') return decideWait(seen, phase, step, toWait);
  return undefined;
}

function decideHold(seen: Seen, phase: StepPhase, step: NodeStep): Decision {
  const { journal, node } = seen;
  const held = `held-${journal.steps?.finished ?? 0}`;
  if (holdStates.has(node.provisionState))
    return { kind: 'wait', waitKind: 'hold', awaited: `unhold of ${phase} step ${stepName(step)}`, wakeAt: null };
  if (isDone(journal, held)) return { kind: 'note', journal: stepOver(journal) };
  return {
    kind: 'note',
    journal: withDone(journal, held),
    change: { ...showStep(phase, journal, step), event: 'hold' },
  };
}

function decideWait(seen: Seen, phase: StepPhase, step: NodeStep, toWait: Change | undefined): Decision {
  const { journal, now } = seen;
  const seconds = Number(step.args?.['seconds'] ?? 0);
  if (!(seconds > 0)) return { kind: 'note', journal: stepOver(journal) };
  const name = `waiting-${journal.steps?.finished ?? 0}-`;
  const begun = journal.done.find((milestone) => milestone.startsWith(name));
  if (begun === undefined) {
    const change = { ...showStep(phase, journal, step), ...toWait };
    return { kind: 'note', journal: withDone(journal, `${name}${now}`), change };
  }
  const until = Number(begun.slice(name.length)) + seconds * 1000;
  if (now >= until) return { kind: 'note', journal: stepOver(journal) };
  return { kind: 'wait', waitKind: 'pause', awaited: `the end of ${phase} step ${stepName(step)}`, wakeAt: until };
}
