import type { Effect } from './effects.ts';
import { effectName, effectWords } from './effects.ts';
import type { Seen } from './decision.ts';
import { type Journal, type RetryMemory, withDone, withFailure } from './journal.ts';

const firstPause = 1_000;
const longestPause = 20_000;
/** Tidying up after a failure does not hold the news of the failure back for longer. */
const tidyBudget = 60_000;

/** The notes after one more failed try. */
function retryAfter(before: RetryMemory | null, effect: Effect, now: number, error: string): RetryMemory {
  const name = effectName(effect);
  const same = before?.effect === name ? before : undefined;
  return { effect: name, times: (same?.times ?? 0) + 1, first: same?.first ?? now, last: now, error };
}

/** When the effect may be tried again: pauses double from one second to twenty. */
export function nextTry({ times, last }: RetryMemory): number {
  return last + Math.min(firstPause * 2 ** (times - 1), longestPause);
}

/** How long an effect may keep failing for passing reasons. */
function retryBudget(effect: Effect, { kind, journal, policy }: Pick<Seen, 'kind' | 'journal' | 'policy'>): number {
  if (journal.failure !== null) return tidyBudget;
  switch (effect.kind) {
    case 'look-at-command':
    case 'ask-steps':
    case 'give-step':
    case 'give-command':
    case 'finalize-rescue':
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

/** What a failed try leads to: another one after a pause, or the end of the work (or, while tidying up, of the tidying). */
export function afterFailure(
  effect: Effect,
  words: string,
  passing: boolean,
  seen: Seen,
): { readonly again: boolean; readonly journal: Journal; readonly times: number; readonly pause: number } {
  const { journal, now } = seen;
  const retry = retryAfter(journal.retry, effect, now, words);
  const { times, first } = retry;
  const pause = nextTry(retry) - now;
  if (passing && now - first < retryBudget(effect, seen)) {
    return { again: true, journal: { ...journal, retry }, times, pause };
  }
  const tried =
    times > 1 ? ` (${times} tries in ${Math.round((now - first) / 1000)} seconds while ${effectWords(effect)})` : '';
  const over =
    journal.failure === null
      ? withFailure(journal, `${words}${tried}`)
      : withDone({ ...journal, retry: null }, 'tidied');
  return { again: false, journal: over, times, pause };
}
