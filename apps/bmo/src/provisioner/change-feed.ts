import type { NodeChange } from './ports.ts';

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
