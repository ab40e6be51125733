import type { NodeStep } from '@metal3/node';
import { showStep } from '../../verbs/steps.ts';
import type { Decision, Seen } from '../../work/decision.ts';
import type { StepPhase } from '../../work/effects.ts';
import { afterSelfTest, decideSelfTest } from '../power/off-and-on.ts';
import { isUnderWay, needsSelfTest, nextAct, selfTested } from './memory.ts';

/** Looks grow apart; some controllers take an instant, others an hour. */
const looks = { first: 500, most: 5_000 } as const;

/**
 * The next act of a step that makes or deletes volumes: plan, ask for one after the other, restart the machine where its controller acts in
 * the self test only, wait for the BMC to finish, and note what there is in the end.
 */
export function decideRaid(seen: Seen, phase: StepPhase, step: NodeStep): Decision {
  const { journal, now } = seen;
  const { raid } = journal;
  if (raid === null) {
    return { kind: 'effect', effect: { kind: 'plan-raid', step }, change: showStep(phase, journal, step) };
  }
  if (nextAct(raid) !== undefined) {
    const index = journal.steps?.finished ?? 0;
    return { kind: 'effect', effect: { kind: 'run-step', of: phase, index, step } };
  }
  if (needsSelfTest(raid)) {
    return decideSelfTest(seen) ?? { kind: 'note', journal: { ...afterSelfTest(journal), raid: selfTested(raid) } };
  }
  if (!isUnderWay(raid)) {
    return {
      kind: 'effect',
      effect: raid.thenCreate ? { kind: 'plan-raid', step } : { kind: 'record-raid', of: phase },
    };
  }
  const awaited = raid.acts.find(({ state }) => state === 'asked');
  const since = raid.lookedAt - (awaited?.askedAt ?? raid.lookedAt);
  const lookAt = raid.lookedAt + Math.min(Math.max(since, looks.first), looks.most);
  if (now >= lookAt) return { kind: 'effect', effect: { kind: 'look-at-raid' } };
  return { kind: 'wait', waitKind: 'pause', awaited: awaited?.words ?? 'the RAID controller', wakeAt: lookAt };
}
