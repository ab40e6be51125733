import { canTransition } from '@metal3/node';
import { decideAgentBoot } from '../../interfaces/boot/decide.ts';
import { decidePutAway } from '../../interfaces/boot/put-away.ts';
import { decideFirmwareRead } from '../../interfaces/firmware/decide.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone, withDone, withFailure } from '../../work/journal.ts';

/** Inspection by the agent, by the BMC alone, or by nothing at all (fake). */
export function decideInspection(seen: Seen): Decision {
  const { journal, node } = seen;
  if (journal.failure !== null) return decideFailed(seen);
  switch (node.interfaces.inspect) {
    case 'fake':
      return { kind: 'end', change: { event: 'done', patch: { progress: null } } };
    case 'redfish':
    case 'idrac-redfish':
      if (!isDone(journal, 'inventory')) return { kind: 'effect', effect: { kind: 'read-hardware' } };
      return (
        decideFirmwareRead(seen, 'versions') ?? { kind: 'end', change: { event: 'done', patch: { progress: null } } }
      );
    case 'agent':
      return decideAgentInspection(seen);
    default:
      return {
        kind: 'note',
        journal: withFailure(
          journal,
          `Inspect interface ${node.interfaces.inspect ?? 'none'} of node ${node.uuid} does not inspect`,
        ),
      };
  }
}

function decideAgentInspection(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  if (isDone(journal, 'inventory')) return decideFirmwareRead(seen, 'versions') ?? over(seen);

  const timeout = policy.timeouts.inspectWait;
  const timeoutError =
    `timeout reached while inspecting the node: awaited the inspection data of the agent for ${Math.round(timeout / 1000)} seconds ` +
    `after power on`;
  if (journal.boot === null && !isDone(journal, 'ports')) return { kind: 'effect', effect: { kind: 'ensure-ports' } };
  const boot = decideAgentBoot(seen, {
    purpose: 'inspect',
    mayUseRunningAgent: false,
    beforeStart:
      node.provisionState === 'inspecting'
        ? { event: 'wait', patch: { progress: 'inspecting in the agent' } }
        : undefined,
    arrived: seen.inspectionData,
    awaited: 'the inspection data of the agent',
    timeout,
    timeoutError,
  });
  return boot ?? { kind: 'effect', effect: { kind: 'digest-inspection' } };
}

function over(seen: Seen): Decision {
  const { policy } = seen;
  const change: Change = { event: 'done', patch: { progress: null, lastError: null } };
  if (policy.fastTrack) return { kind: 'end', change };
  return decidePutAway(seen) ?? { kind: 'end', change: { ...change, agent: null, bootEntry: null } };
}

function decideFailed(seen: Seen): Decision {
  const { journal, node } = seen;
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  if (journal.boot !== null && node.interfaces.inspect === 'agent' && !isDone(journal, 'tidied')) {
    return decidePutAway(seen) ?? { kind: 'note', journal: withDone(journal, 'tidied') };
  }
  return {
    kind: 'end',
    change: {
      event: failure.event === 'abort' && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail',
      patch: { lastError: failure.error, progress: null },
      agent: null,
      bootEntry: null,
      blobs: { 'inspection-data': null },
      history: { event: failure.error, eventType: 'introspection', severity: 'ERROR' },
    },
  };
}
