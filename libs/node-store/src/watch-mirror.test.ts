import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Node } from '@metal3/node';
import type { WatchEvent } from './contract/changes.ts';
import type { NodeStore } from './contract/store.ts';
import type { StoreHarness } from './testing/harness.ts';
import { sqliteHarness } from './testing/sqlite-harness.ts';

let harness: StoreHarness;
let writers: readonly NodeStore[];
let reader: NodeStore;
beforeAll(async () => {
  harness = await sqliteHarness();
  writers = [await harness.open(), await harness.open()];
  reader = await harness.open();
});
afterAll(() => harness.close());

type Move =
  | { readonly kind: 'create' | 'delete' | 'change' | 'lease'; readonly node: number; readonly writer: number }
  | { readonly kind: 'read'; readonly events: number }
  | { readonly kind: 'reconnect' | 'trim' | 'pass' };

const moves = fc.array(
  fc.oneof<fc.Arbitrary<Move>[]>(
    fc.record({
      kind: fc.constantFrom('create', 'delete', 'change', 'change', 'lease'),
      node: fc.nat(3),
      writer: fc.nat(1),
    }),
    fc.record({ kind: fc.constant('read'), events: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constantFrom('reconnect', 'trim', 'pass') }),
  ),
  { minLength: 5, maxLength: 40 },
);

/** A client of the watch: keeps a copy, remembers the last token, starts over when told to. */
class Mirror {
  readonly copy = new Map<string, Node>();
  #events: AsyncIterator<WatchEvent<Node>> | undefined;
  #next: Promise<IteratorResult<WatchEvent<Node>>> | undefined;
  #token: string | undefined;
  #fresh = new Set<string>();

  /** Takes up to `count` events, as long as there are any. */
  async read(count: number): Promise<void> {
    for (let taken = 0; taken < count; taken += 1) {
      this.#events ??= reader.changes
        .watchNodes(this.#token === undefined ? {} : { from: this.#token })
        [Symbol.asyncIterator]();
      this.#next ??= this.#events.next();
      const next = await Promise.race([this.#next, quiet()]);
      if (next === undefined) return;
      this.#next = undefined;
      if (next.done) this.#events = undefined;
      else await this.#take(next.value);
    }
  }

  async reconnect(): Promise<void> {
    const { copy } = this;
    if (this.#token === undefined) copy.clear();
    void this.#next?.catch(() => undefined);
    void this.#events?.return?.(undefined);
    this.#events = undefined;
    this.#next = undefined;
    this.#fresh = new Set();
  }

  async #take(event: WatchEvent<Node>): Promise<void> {
    switch (event.kind) {
      case 'SNAPSHOT':
        this.#fresh.add(event.item.uuid);
        this.copy.set(event.item.uuid, event.item);
        return;
      case 'SYNCED':
        if (this.#token === undefined)
          for (const uuid of this.copy.keys()) if (!this.#fresh.has(uuid)) this.copy.delete(uuid);
        this.#token = event.token;
        return;
      case 'CHANGED':
        this.copy.set(event.item.uuid, event.item);
        this.#token = event.token;
        return;
      case 'DELETED':
        this.copy.delete(event.uuid);
        this.#token = event.token;
        return;
      case 'BOOKMARK':
        this.#token = event.token;
        return;
      case 'RESYNC_REQUIRED':
        this.#token = undefined;
        await this.reconnect();
    }
  }
}

/** Long enough for whatever is in the pipe: two turns of the event loop and a poll of the log. */
async function quiet(): Promise<undefined> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resume) => setImmediate(resume));
  await harness.pass(50);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resume) => setImmediate(resume));
  return undefined;
}

test('whatever is changed by whomever, a mirror fed by the watch ends up equal to the list', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (script) => {
      round += 1;
      const mirror = new Mirror();
      const name = (node: number) => `round-${round}-${node}`;
      for (const move of script) {
        switch (move.kind) {
          case 'read':
            await mirror.read(move.events);
            break;
          case 'reconnect':
            await mirror.reconnect();
            break;
          case 'trim':
            await harness.pass(20);
            await reader.changes.trim(10);
            break;
          case 'pass':
            await harness.pass(50);
            break;
          default: {
            const store = writers[move.writer];
            if (store === undefined) throw new Error('no writer');
            await carryOut(store, move.kind, name(move.node));
          }
        }
      }
      await mirror.read(100);
      const { items } = await reader.nodes.list();
      expect([...mirror.copy.values()].toSorted((a, b) => a.id - b.id)).toEqual(items);
      for (const { uuid } of items) await writers[0]?.nodes.delete(uuid);
      await mirror.reconnect();
    }),
    { numRuns: 60 },
  );
});

async function carryOut(store: NodeStore, kind: 'create' | 'delete' | 'change' | 'lease', name: string): Promise<void> {
  const known = await store.nodes.find(name);
  if (kind === 'create' && known === undefined) await store.nodes.create({ driver: 'fake-hardware', name });
  if (known === undefined) return;
  if (kind === 'delete') await store.nodes.delete(name);
  if (kind === 'change') await store.nodes.change(name, ({ revision }) => ({ patch: { extra: { revision } } }));
  if (kind === 'lease') {
    const claim = await store.work.claimNode(known.uuid, { owner: 'c', leaseMs: 1000 });
    if (claim === undefined) return;
    await store.work.update(claim.lease, { patch: { progress: `under lease at ${claim.node.revision}` } });
    await store.work.release(claim.lease, claim.work.wakeSeq);
  }
}
