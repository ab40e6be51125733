import type { Clock } from '@metal3/service';
import type { ResyncReason } from '../contract/changes.ts';
import { integer, text, type Database } from '../sql/database.ts';
import type { Topic } from './append.ts';

export const changeChannel = 'metal3_change';

export interface LogEntry {
  readonly seq: number;
  readonly topic: Topic;
  readonly uuid: string;
}

/** Takes what the log says from some point on. */
export interface Sink {
  take(entries: readonly LogEntry[]): void;
  /** Something is lost: the reader has to start over. */
  resync(reason: ResyncReason): void;
  /** The store is closing. */
  end(): void;
}

export interface LogPosition {
  readonly epoch: string;
  readonly seq: number;
  readonly trimmedSeq: number;
}

/** Follows the end of the log for all watchers of this process: one reader, woken by local commits, notifications and a short poll. */
export interface Feed {
  /** From the returned position on, every entry goes to the sink; `leave` stops it. */
  join(sink: Sink): Promise<{ readonly at: LogPosition; readonly leave: () => void }>;
  /** The last sequence that every sink has been given. */
  readonly seq: number;
  /** Something was committed by this process. */
  poke(): void;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly pollMs: number;
  readonly onError: (error: Error) => void;
}

const batch = 2000;

export async function readPosition(database: Database): Promise<LogPosition> {
  const row = await database.read.get('SELECT epoch, seq, trimmed_seq FROM change_counter WHERE id = 1');
  return { epoch: text(row?.['epoch']), seq: integer(row?.['seq']), trimmedSeq: integer(row?.['trimmed_seq']) };
}

/** Entries after `seq`, oldest first, up to `limit`. */
export async function readEntries(database: Database, seq: number, limit: number): Promise<readonly LogEntry[]> {
  const rows = await database.read.all(
    'SELECT seq, topic, node_uuid FROM node_change WHERE seq > ? ORDER BY seq LIMIT ?',
    seq,
    limit,
  );
  return rows.map((row) => ({
    seq: integer(row['seq']),
    topic: text(row['topic']) as Topic,
    uuid: text(row['node_uuid']),
  }));
}

export function changeFeed({ database, clock, pollMs, onError }: FeedOptions): Feed {
  const sinks = new Set<Sink>();
  let at: LogPosition | undefined;
  let reading: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let cancelTimer: (() => void) | undefined;
  /** A broken listener only costs latency: the log is polled as well, and the next poll listens again. */
  let listening: Promise<(() => Promise<void>) | undefined> | undefined;
  const listen = () => {
    if (database.listen === undefined || listening !== undefined || closed) return;
    const over = () => {
      listening = undefined;
    };
    listening = database.listen(changeChannel, readQuietly, over).catch((error: unknown) => {
      onError(error as Error);
      over();
      return undefined;
    });
  };

  const resyncAll = (reason: ResyncReason) => {
    for (const sink of [...sinks]) sink.resync(reason);
    sinks.clear();
  };

  /** Hands on what has been committed since the last look. */
  const readOn = async (): Promise<void> => {
    const head = await readPosition(database);
    if (at === undefined || sinks.size === 0) {
      at = head;
      return;
    }
    if (head.epoch !== at.epoch || head.seq < at.seq) {
      at = head;
      resyncAll('other-store');
      return;
    }
    if (head.trimmedSeq > at.seq) {
      at = head;
      resyncAll('trimmed');
      return;
    }
    while (at.seq < head.seq) {
      const entries = await readEntries(database, at.seq, batch);
      const last = entries.at(-1);
      if (last === undefined) break;
      at = { ...at, seq: last.seq };
      for (const sink of [...sinks]) sink.take(entries);
    }
  };

  const read = (): Promise<void> => {
    if (reading !== undefined) {
      again = true;
      return reading;
    }
    reading = (async () => {
      do {
        again = false;
        await readOn();
      } while (again && !closed);
    })().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const readQuietly = () => {
    if (closed || sinks.size === 0) return;
    read().catch((error: unknown) => onError(error as Error));
  };

  const tick = () => {
    cancelTimer = undefined;
    if (closed || sinks.size === 0) return;
    listen();
    readQuietly();
    cancelTimer = clock.after(pollMs, tick);
  };

  return {
    async join(sink) {
      listen();
      await listening;
      // Everything up to now goes to the others first; the new sink begins at the present end.
      await read();
      const position = at ?? (await readPosition(database));
      at = position;
      sinks.add(sink);
      cancelTimer ??= clock.after(pollMs, tick);
      return { at: position, leave: () => void sinks.delete(sink) };
    },
    get seq() {
      return at?.seq ?? 0;
    },
    poke: readQuietly,
    async close() {
      closed = true;
      cancelTimer?.();
      for (const sink of sinks) sink.end();
      sinks.clear();
      await reading?.catch(() => undefined);
      await (
        await listening
      )?.();
    },
  };
}
