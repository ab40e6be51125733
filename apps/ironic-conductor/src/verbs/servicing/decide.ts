import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, withDone } from '../../work/journal.ts';
import { decideBackToInstance, entryOfInstance } from '../back-to-instance.ts';
import { requestedSteps } from '../cleaning/plan.ts';
import { decideStepWork, stepsFailed, stepsOver } from '../step-work/decide.ts';

const serviced = 'serviced';

/** Steps on a deployed node: in the agent where they need it, and back to the instance afterwards. */
export function decideServicing(seen: Seen): Decision {
  const { journal } = seen;
  if (journal.failure !== null) return decideFailed(seen);
  if (isDone(journal, serviced)) return over(seen);
  const wanted = requestedSteps(seen.args['service_steps']);
  return decideStepWork(seen, { phase: 'service', wanted }) ?? over(seen);
}

function over(seen: Seen): Decision {
  const { node, journal } = seen;
  if (node.provisionState === 'service wait') return { kind: 'note', journal, change: { event: 'resume' } };
  const noted = withDone(journal, serviced);
  if (noted !== journal) return { kind: 'note', journal: noted };
  if (journal.boot !== null) {
    const back = decideBackToInstance(seen);
    if (back !== undefined) return back;
  }
  const change = { event: 'done', ...stepsOver('service') } as const;
  return { kind: 'end', change: journal.boot === null ? change : { ...change, agent: null, ...entryOfInstance(node) } };
}

/** An abort brings the instance back. */
function decideFailed(seen: Seen): Decision {
  const { journal } = seen;
  const tidies = journal.failure?.event === 'abort' && journal.boot !== null && !isDone(journal, 'tidied');
  return (tidies ? decideBackToInstance(seen) : undefined) ?? stepsFailed(seen, 'service');
}
