import type { Change, Decision, Seen } from '../../work/decision.ts';
import type { BootPurpose } from '../../work/effects.ts';
import { withFailure } from '../../work/journal.ts';
import { afterStart, decideOff, decideStart } from '../power/off-and-on.ts';
import { bootOrder, wayOf } from './way.ts';

export interface BootWish {
  readonly purpose: BootPurpose;
  /** Use a running agent where there is one. */
  readonly mayUseRunningAgent: boolean;
  /** Committed just before the machine starts, so that its first call already finds the node waiting. */
  readonly beforeStart: Change | undefined;
  /** The agent has reported. */
  readonly arrived: boolean;
  /** What is waited for once the machine is on; completes "awaited ...". */
  readonly awaited: string;
  readonly timeout: number;
  /** Error once `timeout` is over. */
  readonly timeoutError: string;
}

/** True when the agent of the node answered lately enough to be used as it is. */
export function agentIsRunning(seen: Pick<Seen, 'node' | 'policy' | 'now'>): boolean {
  const { agent, powerState } = seen.node;
  return (
    seen.policy.fastTrack &&
    agent !== null &&
    agent.url !== null &&
    agent.tokenIssued &&
    agent.lastHeartbeat !== null &&
    powerState === 'power on' &&
    seen.now - agent.lastHeartbeat < seen.policy.timeouts.fastTrack
  );
}

/**
 * Until when to wait for the agent that has just inspected the machine: it posts what it found before it looks its node up and sends its
 * first heartbeat. Undefined when no such agent is on its way; then the machine has to be started.
 */
function inspectorAwaitedUntil({ node, policy, now }: Seen): number | undefined {
  const { agent, inspectionFinishedAt: inspectedAt, powerState } = node;
  if (!policy.fastTrack || node.interfaces.inspect !== 'agent' || powerState !== 'power on') return undefined;
  if (inspectedAt === null || (agent !== null && agent.lastHeartbeat !== null)) return undefined;
  const until = inspectedAt + policy.timeouts.inspectorCall;
  return now < until ? until : undefined;
}

/** True when an agent has sent a heartbeat since the machine was last switched off. */
export function agentHasCalled({ node: { agent } }: Pick<Seen, 'node'>): boolean {
  return agent !== null && agent.url !== null && agent.lastHeartbeat !== null;
}

/**
 * The next act towards a running agent, or undefined once it has reported. Off, medium, boot device, on, wait: the machine is off while its
 * medium changes, because that is also what makes its old agent token invalid. One that must not be switched off is restarted instead.
 */
export function decideAgentBoot(seen: Seen, wish: BootWish): Decision | undefined {
  const { journal, now, node } = seen;
  const boot = journal.boot;
  const way = wayOf(node);

  if (boot === null) {
    if (wish.mayUseRunningAgent && agentIsRunning(seen)) {
      const ready = { purpose: wish.purpose, stage: 'ready', fastTrack: true, startedAt: null } as const;
      return { kind: 'note', journal: { ...journal, boot: ready } };
    }
    const wakeAt = wish.mayUseRunningAgent ? inspectorAwaitedUntil(seen) : undefined;
    if (wakeAt !== undefined) {
      const change = wish.beforeStart;
      return {
        kind: 'wait',
        waitKind: 'agent',
        awaited: wish.awaited,
        wakeAt,
        ...(change !== undefined && { change }),
      };
    }
    return (
      decideOff(seen) ?? {
        kind: 'effect',
        effect: { kind: 'prepare-boot', purpose: wish.purpose },
      }
    );
  }
  switch (boot.stage) {
    case 'prepared':
      if (way === 'virtual-media') return { kind: 'effect', effect: { kind: 'insert-media' } };
      return { kind: 'note', journal: { ...journal, boot: { ...boot, stage: 'inserted' } } };
    case 'inserted':
      if (way === 'none') return { kind: 'note', journal: { ...journal, boot: { ...boot, stage: 'ordered' } } };
      return { kind: 'effect', effect: bootOrder(way, false) };
    case 'ordered': {
      const start = decideStart(seen, 'hard', false);
      if (start === undefined) {
        return {
          kind: 'note',
          journal: { ...afterStart(journal), boot: { ...boot, stage: 'started', startedAt: now } },
        };
      }
      return start.kind === 'effect' && wish.beforeStart !== undefined ? { ...start, change: wish.beforeStart } : start;
    }
    case 'started':
      return decideCall(seen, wish, boot.startedAt ?? now);
    case 'ready':
      return undefined;
  }
}

function decideCall(seen: Seen, wish: BootWish, startedAt: number): Decision {
  const { journal, now } = seen;
  const { boot, power } = journal;
  if (boot !== null && wish.arrived) {
    return { kind: 'note', journal: { ...journal, boot: { ...boot, stage: 'ready' } } };
  }
  if (now - startedAt >= wish.timeout) return { kind: 'note', journal: withFailure(journal, wish.timeoutError) };

  // No event tells that a machine never started: look now and then, and start it again if it is off.
  if (power?.state === 'off')
    return { kind: 'effect', effect: { kind: 'set-power', to: 'on', manner: 'hard', confirm: false } };
  const checkAt = Math.max(power?.seenAt ?? 0, startedAt) + seen.policy.timeouts.startLook;
  if (now >= checkAt) return { kind: 'effect', effect: { kind: 'read-power' } };
  return {
    kind: 'wait',
    waitKind: 'agent',
    awaited: wish.awaited,
    wakeAt: Math.min(checkAt, startedAt + wish.timeout),
  };
}
