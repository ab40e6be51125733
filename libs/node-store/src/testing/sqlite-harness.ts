import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@metal3/service';
import { fakeClock } from '@metal3/testing';
import type { NodeStore } from '../contract/store.ts';
import { openNodeStore } from '../open.ts';
import { testKey, type StoreHarness } from './harness.ts';

export async function sqliteHarness(): Promise<StoreHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'node-store-'));
  const file = join(folder, 'store.db');
  // The database's time is the test's; waiting for a lock takes real time.
  const clock = { ...fakeClock(), sleep: systemClock.sleep, monotonic: systemClock.monotonic };
  const stores: NodeStore[] = [];
  return {
    async open() {
      const store = await openNodeStore({ url: `sqlite:${file}`, key: testKey, clock });
      stores.push(store);
      return store;
    },
    pass: (ms) => clock.advance(ms),
    async run(statement) {
      const direct = new DatabaseSync(file);
      direct.exec(statement);
      direct.close();
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
