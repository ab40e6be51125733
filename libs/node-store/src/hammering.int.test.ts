import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testPostgres } from '@metal3/local-servers';
import { expect, test } from '@jest/globals';
import { hammerOneNode } from './testing/hammering.ts';

test('two conductor processes hammering one node on PostgreSQL lose no write to each other', async () => {
  const { url } = await testPostgres();
  expect(await hammerOneNode(url, 2, 60)).toBe(120);
});

test('two conductor processes hammering one node on SQLite lose no write to each other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'node-store-'));
  try {
    expect(await hammerOneNode(`sqlite:${join(folder, 'store.db')}`, 2, 60)).toBe(120);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
