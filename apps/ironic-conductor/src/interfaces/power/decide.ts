import type { Decision, Seen } from '../../work/decision.ts';
import type { PowerManner } from '../../work/effects.ts';
import { withDone, withFailure } from '../../work/journal.ts';

/** A BMC that acknowledged a change and has not made it by then is asked again. */
const askAgainAfter = 15_000;
/** The same when it is not even known whether the BMC got the request. */
const askAgainUnsure = 3_000;
/** The agent is given this long to halt the machine before the BMC cuts the power. */
const agentPatience = 30_000;

export interface PowerWish {
  readonly to: 'on' | 'off';
  readonly manner: PowerManner;
  /** False where an agent's call will tell that the machine is on. */
  readonly confirm?: boolean;
}

/**
 * The next act towards a power state, or undefined once the machine has it. Looks grow apart, from half a second to five; a soft power-off is
 * asked for once, a hard change again when the BMC acknowledged it and nothing happened.
 */
export function decidePower(seen: Seen, wish: PowerWish): Decision | undefined {
  const { journal, now, policy, node } = seen;
  const power = journal.power;
  if (power?.state === wish.to) return undefined;

  const ask = (manner: PowerManner): Decision => ({
    kind: 'effect',
    effect: { kind: 'set-power', to: wish.to, manner, confirm: wish.confirm ?? true },
  });
  const asked = power?.asked;
  if (power === null || asked === null || asked === undefined || asked.to !== wish.to) return ask(wish.manner);

  const limit = asked.manner === 'soft' ? policy.timeouts.softPowerOff : policy.timeouts.powerChange;
  if (now - asked.first >= limit) {
    if (journal.failure !== null) return { kind: 'note', journal: withDone(journal, 'tidied') };
    const target = wish.to === 'on' ? 'power on' : 'power off';
    return {
      kind: 'note',
      journal: withFailure(
        journal,
        `Failed to set node power state to ${target}. Timed out after ${Math.round(limit / 1000)} secs waiting for ${target} on node ` +
          `${node.uuid}: the BMC accepted ${asked.times} request(s) and still reports ${power.state ?? 'no known state'}`,
      ),
    };
  }
  if (asked.manner === 'agent' && now - asked.first >= agentPatience) return ask('hard');
  if (!asked.sure && now - asked.last >= askAgainUnsure) return ask(wish.manner);
  if (asked.manner === 'hard' && now - asked.last >= askAgainAfter) return ask('hard');

  const lookAt = power.seenAt + Math.min(500 * 2 ** Math.min(power.looks, 4), 5_000);
  if (now >= lookAt) return { kind: 'effect', effect: { kind: 'read-power' } };
  return { kind: 'wait', waitKind: 'power', awaited: `power ${wish.to}`, wakeAt: lookAt };
}
