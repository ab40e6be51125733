import type { Node } from '@metal3/node';

/** Large enough for the few questions that pollers repeat, small enough not to matter: a page of 1,000 full nodes has 3 MB. */
const mostLists = 4;

interface Kept {
  readonly catalogue: object;
  readonly nodes: readonly Node[];
  readonly json: Buffer;
}

/**
 * The last answers to list requests. Clients poll lists that seldom change; while the store hands out the very same nodes for a question,
 * so is the answer the same.
 */
export class ListCache {
  readonly #kept = new Map<string, Kept>();

  /**
   * The answer to a question, made anew when any of the nodes, or what is known of the conductors that they are shown with, differs from what
   * it was made of.
   */
  answer(question: string, catalogue: object, nodes: readonly Node[], make: () => string): Buffer {
    const known = this.#kept.get(question);
    if (
      known?.catalogue === catalogue &&
      known.nodes.length === nodes.length &&
      known.nodes.every((node, index) => node === nodes[index])
    ) {
      return known.json;
    }
    const json = Buffer.from(make());
    this.#kept.delete(question);
    this.#kept.set(question, { catalogue, nodes, json });
    if (this.#kept.size > mostLists) this.#kept.delete(this.#kept.keys().next().value ?? '');
    return json;
  }
}
