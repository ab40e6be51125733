import type { Decision, Seen } from '../work/decision.ts';

/** Verbs that no hardware type of this conductor carries out end at once with an error, instead of hanging. */
export function decideUnsupported({ kind, node }: Seen): Decision {
  const lastError = `Node ${node.uuid} does not support ${kind}: hardware type ${node.driver} does not offer it on this conductor`;
  return {
    kind: 'end',
    change: { event: 'fail', patch: { lastError }, history: { event: lastError, eventType: kind, severity: 'ERROR' } },
  };
}
