import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@metal3/service';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openNodeStore } from '../open.ts';
import { testKey } from '../testing/harness.ts';
import type { Database } from './database.ts';
import { migrate, type Migration } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { openSqlite } from './sqlite.ts';

let folder: string;
let file: string;
const opened: Database[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-store-'));
  file = join(folder, 'store.db');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  rmSync(folder, { recursive: true, force: true });
});

const open = () => {
  const database = openSqlite(file, { busyTimeoutMs: 5_000, clock: systemClock });
  opened.push(database);
  return database;
};
const current = migrations.length;
const next = current + 1;
const expanding = (version: number, minReader: number): Migration => ({
  version,
  minReader,
  statements: (db) => [db.schema.alterTable('node').addColumn(`later_${version}`, 'text')],
});

test('migrations are numbered without gaps, and none asks for readers newer than itself', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  for (const { version, minReader } of migrations) expect(minReader).toBeLessThanOrEqual(version);
});

test('processes that start together migrate an empty database once', async () => {
  await Promise.all([open(), open(), open()].map((database) => migrate(database, migrations)));
  const rows = await open().read.all('SELECT version FROM schema_meta');
  expect(rows).toMatchObject([{ version: current }]);
});

test('a process of the release before goes on with a schema that was only expanded', async () => {
  await migrate(open(), migrations);
  await migrate(open(), [...migrations, expanding(next, current)]);
  const store = await openNodeStore({ url: `sqlite:${file}`, key: testKey });
  expect(await store.nodes.create({ driver: 'fake-hardware' })).toMatchObject({ revision: 1 });
  await store.close();
});

test('a process that is too old for the schema refuses to start and says what to do', async () => {
  await migrate(open(), [...migrations, expanding(next, next)]);
  await expect(openNodeStore({ url: `sqlite:${file}`, key: testKey })).rejects.toMatchObject({
    code: 'SCHEMA-TOO-NEW',
    message: expect.stringContaining(`version ${next}`),
    remedy: expect.stringContaining('Upgrade this process'),
  });
});

test('a schema that no migration leads on from is refused', async () => {
  await migrate(open(), migrations);
  await expect(migrate(open(), [expanding(next + 1, next + 1)])).rejects.toMatchObject({ code: 'SCHEMA-TOO-OLD' });
});

test('a migration that fails leaves the schema as it was', async () => {
  await migrate(open(), migrations);
  const broken: Migration = {
    version: next,
    minReader: current,
    statements: (db) => [
      ...expanding(next, current).statements(db, 'sqlite'),
      db.schema.alterTable('no_such_table' as 'node').addColumn('x', 'text'),
    ],
  };
  await expect(migrate(open(), [...migrations, broken])).rejects.toThrow('no_such_table');
  const store = await openNodeStore({ url: `sqlite:${file}`, key: testKey });
  await store.ping();
  await store.close();
  expect(await open().read.all(`SELECT name FROM pragma_table_info('node') WHERE name = 'later_${next}'`)).toEqual([]);
});

test('a URL of no known database is refused by name', async () => {
  await expect(openNodeStore({ url: 'mysql://x', key: testKey })).rejects.toThrow(
    'needs a URL "sqlite:<file>" or "postgres://..."',
  );
});
