import { canTransition, type Node } from '@metal3/node';
import { agentHasCalled, decideAgentBoot } from '../../interfaces/boot/decide.ts';
import { decideMediumOut, decidePutAway } from '../../interfaces/boot/put-away.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone, withDone } from '../../work/journal.ts';
import { decideBackToInstance, entryOfInstance } from '../back-to-instance.ts';

/** No machine is behind the node, or nothing has to be done on it. */
const isPretended = ({ interfaces }: Node): boolean => interfaces.rescue === 'fake' || interfaces.deploy === 'fake';

/** A deployed machine boots the agent's ramdisk, in which its user may log in with the password of the request. */
export function decideRescue(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  if (journal.failure !== null) return decideRescueFailed(seen);
  if (isPretended(node)) return rescued;

  const boot = decideAgentBoot(seen, {
    purpose: 'rescue',
    mayUseRunningAgent: false,
    arrived: agentHasCalled(seen),
    awaited: 'the first heartbeat of the agent',
    beforeStart: node.provisionState === 'rescuing' ? { event: 'wait' } : undefined,
    timeout: policy.timeouts.rescueCallback,
    timeoutError:
      `Timeout reached while waiting for rescue ramdisk callback for node ${node.uuid}: awaited the first heartbeat of the agent for ` +
      `${Math.round(policy.timeouts.rescueCallback / 1000)} seconds after power on`,
  });
  if (boot !== undefined) return boot;
  if (!isDone(journal, 'rescued')) return { kind: 'effect', effect: { kind: 'finalize-rescue' } };
  if (node.provisionState === 'rescue wait') return { kind: 'note', journal, change: { event: 'resume' } };
  // The ramdisk runs from memory; the next boot is that of the instance again.
  return decideMediumOut(seen) ?? rescued;
}

const rescued: Decision = {
  kind: 'end',
  change: { event: 'done', patch: { progress: null, lastError: null }, agent: null, bootEntry: null },
};

function decideRescueFailed(seen: Seen): Decision {
  const { journal, node } = seen;
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  if (journal.boot !== null && !isDone(journal, 'tidied')) {
    return decidePutAway(seen) ?? { kind: 'note', journal: withDone(journal, 'tidied') };
  }
  const event = failure.event === 'abort' && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail';
  return { kind: 'end', change: failed('rescuing', failure.error, event) };
}

/** Back to the instance. */
export function decideUnrescue(seen: Seen): Decision {
  const { journal, node } = seen;
  const { failure } = journal;
  if (failure !== null) return { kind: 'end', change: failed('unrescuing', failure.error, 'fail') };
  const back = isPretended(node) ? undefined : decideBackToInstance(seen);
  return (
    back ?? {
      kind: 'end',
      change: { event: 'done', patch: { progress: null, lastError: null }, agent: null, ...entryOfInstance(node) },
    }
  );
}

const failed = (eventType: string, error: string, event: 'fail' | 'abort'): Change => ({
  event,
  patch: { lastError: error, progress: null },
  agent: null,
  bootEntry: null,
  history: { event: error, eventType, severity: 'ERROR' },
});
