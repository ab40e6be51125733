import type { ResyncReason } from '../contract/changes.ts';
import type { LogEntry, Sink } from './feed.ts';

/**
 * What one watcher has not been told yet: at most one entry per node, in the order of each node's latest change. So the sequence of the first
 * entry is a safe place to resume from: everything before it has been delivered.
 */
export interface Pending {
  readonly sink: Sink;
  /** Puts entries older than all others in front. */
  prepend(entries: readonly LogEntry[]): void;
  first(): { readonly uuid: string; readonly seq: number } | undefined;
  drop(uuid: string): void;
  readonly lost: ResyncReason | undefined;
  readonly ended: boolean;
  end(): void;
  /** Called when there is something to do; one listener. */
  onWake(listener: (() => void) | undefined): void;
}

export function pendingChanges(wanted: (entry: LogEntry) => boolean, maximum: number): Pending {
  let entries = new Map<string, number>();
  let lost: ResyncReason | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  const lose = (reason: ResyncReason) => {
    lost ??= reason;
    entries.clear();
    wake?.();
  };
  const add = (entry: LogEntry) => {
    if (lost !== undefined || !wanted(entry)) return;
    entries.delete(entry.uuid);
    entries.set(entry.uuid, entry.seq);
    if (entries.size > maximum) lose('slow-reader');
  };
  const end = () => {
    ended = true;
    wake?.();
  };

  return {
    sink: {
      take(taken) {
        taken.forEach(add);
        if (entries.size > 0) wake?.();
      },
      resync: lose,
      end,
    },
    prepend(older) {
      const newer = entries;
      entries = new Map();
      older.forEach(add);
      for (const [uuid, seq] of newer) {
        entries.delete(uuid);
        entries.set(uuid, seq);
      }
    },
    first() {
      const [entry] = entries;
      return entry === undefined ? undefined : { uuid: entry[0], seq: entry[1] };
    },
    drop: (uuid) => void entries.delete(uuid),
    get lost() {
      return lost;
    },
    get ended() {
      return ended;
    },
    end,
    onWake(listener) {
      wake = listener;
    },
  };
}
