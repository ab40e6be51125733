import type { Effect } from './effects.ts';
import { effectName } from './effects.ts';
import type { Seen } from './decision.ts';
import type { RetryMemory } from './journal.ts';

const firstPause = 1_000;
const longestPause = 20_000;
/** Tidying up after a failure does not hold the news of the failure back for longer. */
const tidyBudget = 60_000;

/** The notes after one more failed try. */
export function retryAfter(before: RetryMemory | null, effect: Effect, now: number, error: string): RetryMemory {
  const name = effectName(effect);
  const same = before?.effect === name ? before : undefined;
  return { effect: name, times: (same?.times ?? 0) + 1, first: same?.first ?? now, last: now, error };
}

/** When the effect may be tried again: pauses double from one second to twenty. */
export function nextTry({ times, last }: RetryMemory): number {
  return last + Math.min(firstPause * 2 ** (times - 1), longestPause);
}

/** How long an effect may keep failing for passing reasons. */
export function retryBudget(
  effect: Effect,
  { kind, journal, policy }: Pick<Seen, 'kind' | 'journal' | 'policy'>,
): number {
  if (journal.failure !== null) return tidyBudget;
  switch (effect.kind) {
    case 'look-at-command':
    case 'ask-steps':
    case 'give-step':
    case 'give-command':
      return policy.timeouts.agentSilence;
    case 'read-power':
      if (kind === 'verify') return policy.timeouts.verifyRetry;
      if (kind === 'idle') return policy.timeouts.powerFailure;
      return policy.timeouts.retry;
    case 'set-power':
    case 'restart':
      return kind === 'idle' ? policy.timeouts.powerChange : policy.timeouts.retry;
    default:
      return policy.timeouts.retry;
  }
}
