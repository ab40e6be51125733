import type { NodeUuid } from '@metal3/node';
import type { Clock } from '@metal3/service';
import type { ResyncReason, WatchEvent, WatchOptions } from '../contract/changes.ts';
import type { Database } from '../sql/database.ts';
import type { Topic } from './append.ts';
import { readEntries, readPosition, type Feed, type LogEntry, type LogPosition } from './feed.ts';
import { pendingChanges, type Pending } from './pending.ts';
import { formatToken, parseToken } from './token.ts';

/** What is watched: how to list it and how to read one. */
export interface Watched<Item> {
  readonly topic: Topic;
  /** In pages, so that a snapshot of many holds none of them long. */
  snapshot(): AsyncIterable<Item>;
  uuidOf(item: Item): string;
  find(uuid: string): Promise<Item | undefined>;
}

export interface WatchSource {
  readonly database: Database;
  readonly feed: Feed;
  readonly clock: Clock;
}

/** List + watch: everything as it is, then every change, one per node however often it changed. */
export async function* watch<Item>(
  { database, feed, clock }: WatchSource,
  watched: Watched<Item>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<Item>, void, undefined> {
  const { signal, maxPending = 10_000, bookmarkEveryMs = 30_000 } = options;
  const uuids = options.uuids === undefined ? undefined : new Set(options.uuids);
  const wants = (uuid: string) => uuids === undefined || uuids.has(uuid);
  const pending = pendingChanges(({ topic, uuid }) => topic === watched.topic && wants(uuid), maxPending);
  if (signal?.aborted) return;
  signal?.addEventListener('abort', pending.end, { once: true });
  const { at, leave } = await feed.join(pending.sink);
  const token = (seq: number) => formatToken(at.epoch, seq);
  try {
    if (options.from === undefined) {
      for await (const item of watched.snapshot()) {
        if (pending.lost !== undefined || pending.ended) break;
        if (wants(watched.uuidOf(item))) yield { kind: 'SNAPSHOT', item };
      }
      if (pending.lost === undefined && !pending.ended) yield { kind: 'SYNCED', token: token(at.seq) };
    } else {
      const refused = await resume(database, pending, options.from, at);
      if (refused !== undefined) {
        yield { kind: 'RESYNC_REQUIRED', reason: refused };
        return;
      }
    }

    let synced = options.from === undefined;
    for (;;) {
      if (pending.ended) return;
      if (pending.lost !== undefined) {
        yield { kind: 'RESYNC_REQUIRED', reason: pending.lost };
        return;
      }
      const next = pending.first();
      if (!synced && (next === undefined || next.seq > at.seq)) {
        synced = true;
        yield { kind: 'SYNCED', token: token(at.seq) };
        continue;
      }
      if (next === undefined) {
        const delivered = feed.seq;
        if ((await wakened(pending, clock, bookmarkEveryMs)) === 'quiet')
          yield { kind: 'BOOKMARK', token: token(delivered) };
        continue;
      }
      pending.drop(next.uuid);
      const item = await watched.find(next.uuid);
      if (item === undefined) yield { kind: 'DELETED', uuid: next.uuid as NodeUuid, token: token(next.seq) };
      else yield { kind: 'CHANGED', item, token: token(next.seq) };
    }
  } finally {
    leave();
    signal?.removeEventListener('abort', pending.end);
  }
}

/** Fills in what happened between the token and now; the reason when that cannot be known any more. */
async function resume(
  database: Database,
  pending: Pending,
  from: string,
  at: LogPosition,
): Promise<ResyncReason | undefined> {
  const position = parseToken(from);
  if (position === undefined) return 'bad-token';
  // A sequence beyond the end means the store was put back to an earlier state.
  if (position.epoch !== at.epoch || position.seq > at.seq) return 'other-store';
  if (position.seq < at.trimmedSeq) return 'trimmed';
  const missed: LogEntry[] = [];
  for (let seq = position.seq; seq < at.seq;) {
    const entries = await readEntries(database, seq, 2000);
    const last = entries.at(-1);
    if (last === undefined) break;
    missed.push(...entries.filter((entry) => entry.seq <= at.seq));
    seq = last.seq;
  }
  // Trimmed while it was read: some of it is gone.
  const { trimmedSeq } = await readPosition(database);
  if (position.seq < trimmedSeq) return 'trimmed';
  pending.prepend(missed);
  return pending.lost;
}

/** Waits for something to deliver; "quiet" after `quietMs` without. */
function wakened(pending: Pending, clock: Clock, quietMs: number): Promise<'pending' | 'quiet'> {
  return new Promise((resolve) => {
    if (pending.first() !== undefined || pending.lost !== undefined || pending.ended) return resolve('pending');
    const done = (how: 'pending' | 'quiet') => {
      cancel();
      pending.onWake(undefined);
      resolve(how);
    };
    const cancel = clock.after(quietMs, () => done('quiet'));
    pending.onWake(() => done('pending'));
  });
}
