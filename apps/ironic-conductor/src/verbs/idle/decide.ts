import type { Decision, Seen } from '../../work/decision.ts';
import { decideMediumOut } from '../../interfaces/boot/put-away.ts';
import { decidePower } from '../../interfaces/power/decide.ts';
import { isDone, withDone } from '../../work/journal.ts';
import { powerSyncExcludedStates, showsMedium } from '@metal3/node';

/** A node with no verb under way: power requests first, then recovery from a power fault, then the periodic look at its power. */
export function decideIdle(seen: Seen): Decision {
  return seen.power === null ? decideSync(seen) : decidePowerRequest(seen, seen.power);
}

function decidePowerRequest(seen: Seen, { target, timeoutSeconds }: NonNullable<Seen['power']>): Decision {
  const { journal, node, policy } = seen;
  if (journal.failure !== null) {
    const error = `Failed to change power state to '${target}': ${journal.failure.error}`;
    return {
      kind: 'end',
      change: {
        power: null,
        patch: { targetPowerState: null, lastError: error },
        history: { event: error, eventType: 'power', severity: 'ERROR' },
      },
    };
  }
  const patient: Seen =
    timeoutSeconds === null
      ? seen
      : {
          ...seen,
          policy: {
            ...policy,
            timeouts: { ...policy.timeouts, softPowerOff: timeoutSeconds * 1000, powerChange: timeoutSeconds * 1000 },
          },
        };
  const settled: Decision = {
    kind: 'end',
    change: { power: null, patch: { targetPowerState: null, lastError: null } },
  };
  switch (target) {
    case 'power on':
      return decidePower(patient, { to: 'on', manner: 'hard' }) ?? settled;
    case 'power off':
      return (
        decideAgentMedium(seen) ?? decidePower(patient, { to: 'off', manner: 'hard' }) ?? decideEject(seen) ?? settled
      );
    case 'soft power off':
      return (
        decideAgentMedium(seen) ?? decidePower(patient, { to: 'off', manner: 'soft' }) ?? decideEject(seen) ?? settled
      );
    case 'rebooting':
    case 'soft rebooting': {
      const manner = target === 'rebooting' ? 'hard' : 'soft';
      if (node.disablePowerOff) {
        return isDone(journal, 'restarted') ? settled : { kind: 'effect', effect: { kind: 'restart', manner } };
      }
      // Off and on rather than a reset: a reset does not clear every card, and a machine that is off is just switched on.
      if (!isDone(journal, 'went-off')) {
        return (
          decidePower(patient, { to: 'off', manner }) ?? { kind: 'note', journal: withDone({ ...journal }, 'went-off') }
        );
      }
      return decidePower(patient, { to: 'on', manner: 'hard' }) ?? settled;
    }
  }
}

const agentMedium = 'agent-medium';

/** Remembers, before the machine goes off and its agent is forgotten, that one was kept running from a medium. */
function decideAgentMedium({ journal, node }: Seen): Decision | undefined {
  const runs = node.agent !== null && node.agent.tokenPregenerated && showsMedium(node.interfaces.boot);
  if (!runs || isDone(journal, agentMedium)) return undefined;
  return { kind: 'note', journal: withDone(journal, agentMedium) };
}

/** A medium whose agent has ended is of no use, and would stay in the drive when the node is deleted. */
function decideEject(seen: Seen): Decision | undefined {
  return isDone(seen.journal, agentMedium) ? decideMediumOut(seen) : undefined;
}

function decideSync({ journal, node, syncDue }: Seen): Decision {
  const rest: Decision = { kind: 'end', change: {} };
  if (node.driver === 'fake-hardware' || powerSyncExcludedStates.has(node.provisionState)) return rest;
  const recovering = node.fault === 'power failure';
  if (node.maintenance && !recovering) return rest;

  if (journal.failure !== null) {
    if (recovering) return rest;
    const reason =
      `During sync_power_state, max retries exceeded for node ${node.uuid}, node state None does not match expected state ` +
      `'${node.powerState ?? 'None'}'. Updating DB state to 'None' Switching node to maintenance mode. Error: ${journal.failure.error}`;
    return {
      kind: 'end',
      change: {
        patch: {
          maintenance: true,
          maintenanceReason: reason,
          fault: 'power failure',
          powerState: null,
          lastError: reason,
        },
        history: { event: reason, eventType: 'power', severity: 'ERROR' },
      },
    };
  }
  if (!syncDue) return rest;
  if (journal.power === null) return { kind: 'effect', effect: { kind: 'read-power' } };
  if (!recovering) return rest;
  return {
    kind: 'end',
    change: {
      patch: { maintenance: false, maintenanceReason: null, fault: null, lastError: null },
      history: { event: `Node ${node.uuid} recovered from a power failure`, eventType: 'power', severity: 'INFO' },
    },
  };
}

/** Milliseconds until a node at rest is looked at again; null when it is not. */
export function nextLook({ node, policy }: Pick<Seen, 'node' | 'policy'>): number | null {
  if (node.driver === 'fake-hardware' || powerSyncExcludedStates.has(node.provisionState)) return null;
  if (node.fault === 'power failure') return policy.timeouts.faultRecovery;
  return node.maintenance ? null : policy.timeouts.powerSync;
}
