import { decideFirmwareRead } from '../../interfaces/firmware/decide.ts';
import type { Decision, Seen } from '../../work/decision.ts';

/** Verification of an enrolled node: its BMC answers with these credentials. */
export function decideVerify({ journal, node }: Seen): Decision {
  if (journal.failure !== null) {
    const error = `Failed to get power state for node ${node.uuid}. Error: ${journal.failure.error}`;
    return { kind: 'end', change: { event: 'fail', patch: { lastError: error }, history: failed(error) } };
  }
  if (journal.power === null) return { kind: 'effect', effect: { kind: 'read-power' } };
  return decideFirmwareRead({ journal, node }) ?? { kind: 'end', change: { event: 'done' } };
}

const failed = (event: string) => ({ event, eventType: 'verify', severity: 'ERROR' }) as const;
