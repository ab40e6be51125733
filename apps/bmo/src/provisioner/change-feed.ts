import type { NodeChange, Provisioner } from './ports.ts';

/** Hands changes from whoever sees them to whoever follows them; what happens to one node in between is told once. */
export interface ChangeFeed {
  tell(change: NodeChange): void;
  follow(signal: AbortSignal): AsyncIterable<NodeChange>;
}

export function changeFeed(): ChangeFeed {
  const waiting = new Map<string, NodeChange>();
  let wake: () => void = () => {};
  return {
    tell(change) {
      const key = 'uuid' in change ? change.uuid : change.kind;
      waiting.delete(key);
      waiting.set(key, change);
      wake();
    },
    async *follow(signal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        for (const [key, change] of waiting) {
          waiting.delete(key);
          yield change;
          if (signal.aborted) return;
        }
        if (waiting.size === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/**
 * Lets several follow the changes that one may follow. Whoever comes later hears whether Ironic can be reached, and what happens from
 * then on.
 */
export function followedByMany(changes: Provisioner['changes']): Provisioner['changes'] {
  const feeds = new Set<ChangeFeed>();
  let latest: NodeChange | undefined;
  let following: AbortController | undefined;
  const follow = async ({ signal }: AbortController): Promise<void> => {
    for await (const change of changes(signal)) {
      if (change.kind === 'synced' || change.kind === 'lost') latest = change;
      for (const feed of feeds) feed.tell(change);
    }
  };
  return async function* (signal) {
    const feed = changeFeed();
    if (latest !== undefined) feed.tell(latest);
    feeds.add(feed);
    if (following === undefined) void follow((following = new AbortController()));
    try {
      yield* feed.follow(signal);
    } finally {
      feeds.delete(feed);
      if (feeds.size === 0) {
        following.abort();
        [following, latest] = [undefined, undefined];
      }
    }
  };
}
