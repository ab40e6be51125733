import { setTimeout as sleep } from 'node:timers/promises';
import { testPostgres } from '@metal3/local-servers';
import pg from 'pg';
import type { NodeStore } from '../contract/store.ts';
import { openNodeStore } from '../open.ts';
import { testKey, type StoreHarness } from './harness.ts';

/** A database of its own on the PostgreSQL of the test run. */
export async function postgresHarness(): Promise<StoreHarness> {
  const { url } = await testPostgres();
  const stores: NodeStore[] = [];
  return {
    async open() {
      const store = await openNodeStore({ url, key: testKey, poolSize: 5 });
      stores.push(store);
      return store;
    },
    pass: (ms) => sleep(ms),
    async run(statement) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(statement).finally(() => client.end());
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}
