import { abortsAtOnce, holdStates, waitStates } from '@metal3/node';
import { aborted, currentStep } from '../verbs/steps.ts';
import type { Change, Seen } from './decision.ts';
import { type Journal, withDone } from './journal.ts';

const operation: Readonly<Record<string, string>> = {
  deploy: 'deploy',
  rebuild: 'deploy',
  clean: 'clean',
  inspect: 'inspection',
  rescue: 'rescue',
};

/** What an abort request leads to: the end of the work, or, while a step runs that cannot be stopped, its end after that step. */
export function decideAbort({ node, kind, journal }: Seen): { readonly journal: Journal; readonly change?: Change } {
  const waiting = waitStates.has(node.provisionState) || holdStates.has(node.provisionState);
  if (!waiting || journal.failure !== null || kind === 'idle') return { journal };
  const busy = journal.command !== null || journal.raid !== null || journal.update !== null;
  const step = busy ? currentStep(journal) : undefined;
  if (step === undefined || abortsAtOnce(step)) return { journal: aborted(journal, operation[kind] ?? kind, step) };
  const marked = { ...step, abort_after: true };
  const patch =
    kind === 'clean' ? { cleanStep: marked } : kind === 'service' ? { serviceStep: marked } : { deployStep: marked };
  return { journal: withDone(journal, 'abort-after'), change: { patch } };
}
