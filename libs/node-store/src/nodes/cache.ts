import type { Node } from '@metal3/node';

interface Entry {
  readonly stamp: number;
  readonly node: Node;
}

/**
 * Nodes as last read, by id. An entry is used only when its stamp equals the one just read from the database, so it is never stale; and since
 * the same object is given out until the node changes, readers can keep renderings of it.
 */
export interface NodeCache {
  find(id: number, stamp: number): Node | undefined;
  /** Only what is committed may be put here: the stamp of a transaction that rolls back is given out again. */
  put(stamp: number, node: Node): Node;
  drop(id: number): void;
}

export function nodeCache(capacity: number): NodeCache {
  const entries = new Map<number, Entry>();
  return {
    find(id, stamp) {
      const entry = entries.get(id);
      return entry?.stamp === stamp ? entry.node : undefined;
    },
    put(stamp, node) {
      const known = entries.get(node.id);
      if (known?.stamp === stamp) return known.node;
      // A slow reader must not put an older node back.
      if (known !== undefined && known.stamp > stamp) return node;
      if (known === undefined && entries.size >= capacity) {
        const oldest = entries.keys().next();
        if (!oldest.done) entries.delete(oldest.value);
      }
      entries.set(node.id, { stamp, node });
      return node;
    },
    drop: (id) => void entries.delete(id),
  };
}
