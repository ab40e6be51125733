import type { JsonObject, Node, PowerState } from '@metal3/node';
import { AgentError } from '@metal3/agent';
import type { AgentOf } from '../agent.ts';
import type { PowerReading } from '../machine.ts';
import type { Change } from '../../work/decision.ts';
import { withDone, type Journal, type PowerMemory } from '../../work/journal.ts';
import type { Hand, Outcome, Performer } from '../../work/perform.ts';
import { startedOnce } from './remembered-device.ts';

/** A reading is trusted for this long within one piece of work. */
const freshFor = 30_000;

export function powerPerformers(agentOf: AgentOf): {
  readonly 'read-power': Performer<'read-power'>;
  readonly 'set-power': Performer<'set-power'>;
  readonly restart: Performer<'restart'>;
} {
  return {
    async 'read-power'(_effect, { seen, machine, signal }) {
      const reading = await machine.readPower(signal);
      return noted(seen.node, seen.journal, reading, seen.now, seen.journal.power?.asked ?? null);
    },

    async 'set-power'(effect, hand) {
      const { seen, machine, resumed, signal } = hand;
      const { journal, node, now } = seen;
      const before = journal.power;
      const fresh = !resumed && before !== null && before.state !== null && now - before.seenAt < freshFor;
      const reading = fresh ? stateOnly(before.state) : await machine.readPower(signal);
      const asked = askedAgain(before, effect, now);
      if (reading.power === effect.to) return noted(node, journal, reading, now, asked);
      // The request may be on its way already; the decider waits for it a while before it is given again.
      if (resumed && before?.asked?.to !== effect.to)
        return noted(node, journal, reading, now, { ...asked, sure: false });

      await change(effect, hand);
      const after = effect.confirm ? await machine.readPower(signal) : stateOnly(effect.to);
      const outcome = noted(node, journal, after, now, asked);
      return effect.to === 'on' ? { ...outcome, change: { ...outcome.change, ...startedOnce(node) } } : outcome;
    },

    async restart(effect, { seen, machine, signal }) {
      if (effect.manner === 'agent') await writtenDown(seen.node, signal);
      await machine.restart(effect.manner === 'soft' ? 'soft' : 'hard', signal);
      // The machine is on before and after, so that it was done can only be remembered.
      return noted(seen.node, withDone(seen.journal, 'restarted'), stateOnly('on'), seen.now, null, true);
    },
  };

  /** A restart takes away what has not reached the disks. An agent that does not answer has nothing to write any more. */
  async function writtenDown(node: Node, signal: AbortSignal): Promise<void> {
    try {
      const agent = await agentOf(node);
      await agent.give('standby.sync', {}, true, { signal });
    } catch (error) {
      if (!AgentError.is(error) || error.kind === 'aborted') throw error;
    }
  }

  async function change(effect: Parameters<Performer<'set-power'>>[0], { seen, machine, signal }: Hand): Promise<void> {
    if (effect.manner !== 'agent') return machine.changePower(effect.to, effect.manner, signal);
    try {
      const agent = await agentOf(seen.node);
      await agent.give('standby.power_off', {}, false, { signal });
    } catch (error) {
      if (!AgentError.is(error) || error.kind === 'aborted') throw error;
      await machine.changePower(effect.to, 'hard', signal);
    }
  }
}

const stateOnly = (power: 'on' | 'off' | null): PowerReading => ({ power, bootMode: null, vendor: null, health: null });

function askedAgain(
  before: PowerMemory | null,
  { to, manner }: { readonly to: 'on' | 'off'; readonly manner: 'hard' | 'soft' | 'agent' },
  now: number,
): NonNullable<PowerMemory['asked']> {
  const same = before?.asked?.to === to ? before.asked : undefined;
  return { to, manner, first: same?.first ?? now, last: now, times: (same?.times ?? 0) + 1, sure: true };
}

/** Notes a reading, and shows it on the node. A machine that is off, or was restarted, has no agent any more. */
function noted(
  node: Node,
  journal: Journal,
  reading: PowerReading,
  now: number,
  asked: PowerMemory['asked'],
  restarted = false,
): Outcome {
  const { power } = reading;
  const looks = asked !== null && asked.last !== now ? (journal.power?.looks ?? 0) + 1 : 0;
  const memory: PowerMemory = { state: power, asked, seenAt: now, looks };
  const powerState: PowerState | null = power === null ? null : power === 'on' ? 'power on' : 'power off';
  const patch = {
    ...(powerState !== null && powerState !== node.powerState ? { powerState } : {}),
    ...(reading.bootMode !== null && reading.bootMode !== node.bootMode ? { bootMode: reading.bootMode } : {}),
    ...(reading.health !== null && reading.health !== node.health ? { health: reading.health } : {}),
    ...(reading.vendor !== null && node.properties['vendor'] === undefined
      ? { properties: { ...node.properties, vendor: reading.vendor.toLowerCase() } satisfies JsonObject }
      : {}),
  };
  const gone = (power === 'off' || restarted) && node.agent !== null && isOrWas(node.agent);
  const change: Change = {
    ...(Object.keys(patch).length > 0 ? { patch } : {}),
    ...(gone ? { agent: null } : {}),
  };
  const forgotten = gone ? { lastCommand: null } : {};
  return { journal: { ...journal, ...forgotten, power: memory, retry: null }, change };
}

/** False for an agent that is still to come: the token on its boot medium is that of the next start. */
const isOrWas = ({ url, tokenIssued, tokenPregenerated }: NonNullable<Node['agent']>): boolean =>
  url !== null || (tokenIssued && !tokenPregenerated);
