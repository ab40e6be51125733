import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NodeStore } from './contract/store.ts';
import type { Claim } from './contract/work.ts';
import { isStoreError } from './contract/errors.ts';
import { sqliteHarness } from './testing/sqlite-harness.ts';
import type { StoreHarness } from './testing/harness.ts';

let harness: StoreHarness;
let stores: readonly NodeStore[];
beforeAll(async () => {
  harness = await sqliteHarness();
  stores = [await harness.open(), await harness.open()];
});
afterAll(() => harness.close());

type Move =
  | { readonly kind: 'wake' | 'heartbeat' | 'verb' }
  | { readonly kind: 'claim' | 'release' | 'abandon' | 'renew'; readonly conductor: number }
  | { readonly kind: 'pass'; readonly ms: number };

const conductors = fc.nat(1);
const moves = fc.array(
  fc.oneof<fc.Arbitrary<Move>[]>(
    fc.record({ kind: fc.constantFrom('wake', 'heartbeat', 'verb') }),
    fc.record({ kind: fc.constantFrom('claim', 'release', 'abandon', 'renew'), conductor: conductors }),
    fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(10, 60, 120) }),
  ),
  { minLength: 1, maxLength: 25 },
);

/** What a wake-up is worth: what was woken last is seen by a claim or an update after it, or the node is still due. */
test('whatever the order of wake-ups, claims, releases, crashes and expiries, no wake-up is lost', async () => {
  let name = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (script) => {
      const [first, second] = stores;
      if (first === undefined || second === undefined) throw new Error('no stores');
      const { uuid } = await first.nodes.create({ driver: 'fake-hardware', name: `n${(name += 1)}` });
      const held: (Claim | undefined)[] = [];
      let woken = 0;
      let seen = 0;
      for (const move of script) {
        switch (move.kind) {
          case 'wake':
            await first.work.wake(uuid);
            woken += 1;
            break;
          case 'heartbeat':
            await second.agents.record(uuid, () => ({ agent: { lastHeartbeat: woken }, wake: true }));
            woken += 1;
            break;
          case 'verb':
            await first.nodes.change(uuid, () => ({ request: { kind: 'abort', args: {} } }), { whileLeased: 'allow' });
            woken += 1;
            break;
          case 'pass':
            await harness.pass(move.ms);
            break;
          case 'claim': {
            if (held[move.conductor] !== undefined) break;
            const by = stores[move.conductor] ?? first;
            const claim = await by.work.claimNode(uuid, { owner: `c${move.conductor}`, leaseMs: 100, onlyIfDue: true });
            if (claim !== undefined) {
              held[move.conductor] = claim;
              seen = woken;
            }
            break;
          }
          case 'release':
          case 'abandon':
          case 'renew': {
            const claim = held[move.conductor];
            if (claim === undefined) break;
            const by = stores[move.conductor] ?? first;
            held[move.conductor] = undefined;
            try {
              if (move.kind === 'renew') held[move.conductor] = { ...claim, lease: await by.work.renew(claim.lease) };
              else if (move.kind === 'abandon') await by.work.abandon(claim.lease);
              else {
                const end = await by.work.release(claim.lease, claim.work.wakeSeq);
                if (!end.released) {
                  held[move.conductor] = end.claim;
                  seen = woken;
                }
              }
            } catch (error) {
              if (!isStoreError(error, 'LEASE-LOST')) throw error;
            }
            break;
          }
        }
        const now = await first.work.find(uuid);
        const live = held.filter((claim) => claim !== undefined && claim.lease.expiresAt > (now?.now ?? 0));
        expect(live.length).toBeLessThanOrEqual(1);
        if (woken > seen && live.length === 0) {
          await harness.pass(100);
          expect(await first.work.due({ groups: [''], limit: 1000 })).toContain(uuid);
        }
      }
      await harness.pass(200);
      await first.nodes.delete(uuid);
    }),
    { numRuns: 150 },
  );
});
