import type { ChangeLog } from '@metal3/node-store';
import { type Clock, describeError, type Logger, type Part } from '@metal3/service';

/** Any conductor may trim, and trimming twice does no harm, so all of them do. */
const trimEvery = 3_600_000;

export interface RetentionOptions {
  readonly changes: Pick<ChangeLog, 'trim'>;
  /** A watcher that was away for longer has to list again; milliseconds. */
  readonly keepChangesMs: number;
  /** What went wrong is kept for longer, as the history of nodes; milliseconds. */
  readonly keepHistoryMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps the change log from growing for ever. */
export function retention({ changes, keepChangesMs, keepHistoryMs, clock, log }: RetentionOptions): Part {
  const ended = new AbortController();
  const trim = async (): Promise<void> => {
    try {
      const removed = await changes.trim(keepChangesMs, keepHistoryMs);
      if (removed > 0) log.info({ removed }, 'old changes trimmed');
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the change log could not be trimmed; trying again in an hour');
    }
  };
  return {
    name: 'retention',
    async start() {
      void clock.every(trimEvery, trim, ended.signal);
    },
    async stop() {
      ended.abort();
    },
  };
}
