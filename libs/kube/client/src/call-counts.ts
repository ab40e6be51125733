import type { CallRecord } from './port.ts';

/** Reads and writes so far, by `verb plural`. */
export interface CallCounts {
  readonly record: (call: CallRecord) => void;
  readonly reads: number;
  readonly writes: number;
  /** Writes that the server refused. */
  readonly refused: number;
  readonly byCall: ReadonlyMap<string, number>;
}

const readVerbs: ReadonlySet<CallRecord['verb']> = new Set(['get', 'list', 'watch']);

/** Counts calls: pass `record` as `onCall`. */
export function countCalls(): CallCounts {
  const byCall = new Map<string, number>();
  const counts = {
    reads: 0,
    writes: 0,
    refused: 0,
    byCall,
    record({ verb, kind, status }: CallRecord): void {
      const name = `${verb} ${kind.plural}`;
      byCall.set(name, (byCall.get(name) ?? 0) + 1);
      if (readVerbs.has(verb)) counts.reads += 1;
      else counts.writes += 1;
      if (!readVerbs.has(verb) && status >= 400) counts.refused += 1;
    },
  };
  return counts;
}
