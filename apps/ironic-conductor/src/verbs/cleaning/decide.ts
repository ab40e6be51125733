import { agentIsRunning } from '../../interfaces/boot/decide.ts';
import { decidePutAway } from '../../interfaces/boot/put-away.ts';
import { switchedOn } from '../../interfaces/power/off-and-on.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone } from '../../work/journal.ts';
import { decideStepWork, stepsFailed, stepsOver } from '../step-work/decide.ts';
import { requestedSteps } from './plan.ts';

/** Manual cleaning aims at `manageable`, automated at `available`. */
export function isManual({ node }: Pick<Seen, 'node'>): boolean {
  return node.targetProvisionState === 'manageable';
}

/** Automated and manual cleaning, from accepted to over. */
export function decideCleaning(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  if (journal.failure !== null) return decideFailed(seen);
  const manual = isManual(seen);
  if (!manual && !(node.automatedClean ?? policy.automatedClean)) return over(seen);
  const wanted = manual ? requestedSteps(seen.args['clean_steps']) : null;
  return decideStepWork(seen, { phase: 'clean', wanted }) ?? over(seen);
}

/** The end: the agent stays for fast track, otherwise the machine is switched off where it may be, and its medium taken out. */
function over(seen: Seen): Decision {
  const { node, journal } = seen;
  if (node.provisionState === 'clean wait') return { kind: 'note', journal, change: { event: 'resume' } };

  const used = journal.boot !== null || isDone(journal, switchedOn);
  const stays = agentIsRunning(seen);
  const change: Change = { event: isManual(seen) || node.retired ? 'manage' : 'done', ...stepsOver('clean') };
  if (!used || stays) return { kind: 'end', change };
  return decidePutAway(seen) ?? { kind: 'end', change: { ...change, agent: null, bootEntry: null } };
}

/** An abort or a silent agent is tidied up; a failed step is not. */
function decideFailed(seen: Seen): Decision {
  const { journal, node } = seen;
  const tidies = journal.failure?.event === 'abort' && !isDone(journal, 'tidied') && node.interfaces.deploy !== 'fake';
  return (tidies ? decidePutAway(seen) : undefined) ?? stepsFailed(seen, 'clean');
}
