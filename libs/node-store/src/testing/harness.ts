import type { NodeUuid } from '@metal3/node';
import type { NodeStore } from '../contract/store.ts';
import type { WatchEvent } from '../contract/changes.ts';

/** One empty database, and as many stores on it as a test opens: each stands for a process. */
export interface StoreHarness {
  open(): Promise<NodeStore>;
  /** Lets time pass by the database's clock. */
  pass(ms: number): Promise<void>;
  /** A statement past the store, for breaking things. */
  run(statement: string): Promise<void>;
  close(): Promise<void>;
}

/** 32 bytes. */
export const testKey = Buffer.alloc(32, 7);

export const conductor = { owner: 'conductor-1', groups: [''], limit: 10, leaseMs: 30_000 } as const;

/** Enrols a fake node. */
export async function enrol(store: NodeStore, name: string): Promise<NodeUuid> {
  return (await store.nodes.create({ driver: 'fake-hardware', name })).uuid;
}

/** Reads from a watch until `enough` says so. */
export async function collect<Item>(
  events: AsyncIterable<WatchEvent<Item>>,
  enough: (seen: readonly WatchEvent<Item>[]) => boolean,
): Promise<readonly WatchEvent<Item>[]> {
  const seen: WatchEvent<Item>[] = [];
  for await (const event of events) {
    seen.push(event);
    if (enough(seen)) break;
  }
  return seen;
}

export const kinds = (events: readonly WatchEvent<unknown>[]): readonly string[] => events.map(({ kind }) => kind);

export const ofKind =
  (kind: WatchEvent<unknown>['kind'], count = 1) =>
  (seen: readonly WatchEvent<unknown>[]): boolean =>
    seen.filter((event) => event.kind === kind).length >= count;

/** The token of the last event that has one. */
export function lastToken(events: readonly WatchEvent<unknown>[]): string {
  const found = events.findLast((event) => 'token' in event);
  if (found === undefined || !('token' in found)) throw new Error('No event carried a token.');
  return found.token;
}
