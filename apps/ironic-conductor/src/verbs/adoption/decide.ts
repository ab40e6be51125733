import type { Decision, Seen } from '../../work/decision.ts';

/** Adoption of a machine that runs an instance already. It is only looked at: nothing about it may change. */
export function decideAdoption({ journal, node }: Seen): Decision {
  if (journal.failure !== null) {
    const error = `Error while attempting to adopt node ${node.uuid}: ${journal.failure.error}`;
    return {
      kind: 'end',
      change: {
        event: 'fail',
        patch: { lastError: error },
        history: { event: error, eventType: 'adoption', severity: 'ERROR' },
      },
    };
  }
  if (journal.power === null) return { kind: 'effect', effect: { kind: 'read-power' } };
  return { kind: 'end', change: { event: 'done', bootEntry: null } };
}
