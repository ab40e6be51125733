import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@metal3/service';
import { fakeClock } from '@metal3/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openOn } from './open.ts';
import { openSqlite, type SqliteConnection } from './sql/sqlite.ts';
import { enrol, testKey } from './testing/harness.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const busy = () => Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 });

/** A connection on which statements fail with SQLITE_BUSY as often as `fails` says. */
function faulty(file: string, fails: (statement: string) => boolean): SqliteConnection {
  const connection = new DatabaseSync(file);
  const guarded = <Result>(statement: string, call: () => Result): Result => {
    if (fails(statement)) throw busy();
    return call();
  };
  return {
    prepare(text) {
      const statement = connection.prepare(text);
      return {
        all: (...params: never[]) => guarded(text, () => statement.all(...params)),
        get: (...params: never[]) => guarded(text, () => statement.get(...params)),
        run: (...params: never[]) => guarded(text, () => statement.run(...params)),
      } as ReturnType<SqliteConnection['prepare']>;
    },
    exec: (text) => guarded(text, () => connection.exec(text)),
    close: () => connection.close(),
  };
}

const openFaulty = (fails: (statement: string) => boolean, busyTimeoutMs = 2_000) => {
  const file = join(folder, 'store.db');
  const database = openSqlite(file, { busyTimeoutMs, clock: systemClock, connect: (path) => faulty(path, fails) });
  return openOn(database, systemClock, testKey, () => undefined);
};

test.each([
  ['BEGIN IMMEDIATE', /^BEGIN/, 7],
  ['COMMIT', /^COMMIT/, 7],
  ['any statement of a transaction', /^(BEGIN|COMMIT|UPDATE|INSERT|SELECT)/, 37],
])(
  'no acknowledged write is lost when %s meets SQLITE_BUSY, and no refused one is kept',
  async (_where, pattern, every) => {
    let armed = false;
    let turn = 0;
    const store = await openFaulty((statement) => armed && pattern.test(statement) && (turn += 1) % every === 3);
    const uuid = await enrol(store, 'counted');
    armed = true;
    let acknowledged = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        try {
          await store.nodes.change(uuid, ({ extra }) => ({ patch: { extra: { n: Number(extra['n'] ?? 0) + 1 } } }));
          acknowledged += 1;
        } catch {
          // Refused: it must not have been written.
        }
      }),
    );
    armed = false;
    expect(acknowledged).toBeGreaterThan(0);
    expect((await store.nodes.get(uuid)).extra).toEqual({ n: acknowledged });
    expect((await store.changes.timeline(uuid)).length).toBe(acknowledged + 1);
    await store.close();
  },
);

test('a lock held by another process is waited for without holding up the event loop', async () => {
  const store = await openFaulty(() => false);
  const uuid = await enrol(store, 'patient');
  const other = new DatabaseSync(join(folder, 'store.db'));
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 5);
  const write = store.nodes.change(uuid, () => ({ patch: { extra: { a: 1 } } }));
  expect((await store.nodes.get(uuid)).extra).toEqual({});
  await new Promise((resume) => setTimeout(resume, 800));
  const whileLocked = ticks;
  other.exec('COMMIT');
  expect((await write).extra).toEqual({ a: 1 });
  clearInterval(ticking);
  // A wait within SQLite would have let nothing else happen for as long as the lock was held.
  expect(whileLocked).toBeGreaterThan(5);
  other.close();
  await store.close();
});

test('a lock that is never freed is an error that says so, and nothing was written', async () => {
  const store = await openFaulty(() => false, 100);
  const uuid = await enrol(store, 'refused');
  const other = new DatabaseSync(join(folder, 'store.db'));
  other.exec('BEGIN IMMEDIATE');
  await expect(store.nodes.change(uuid, () => ({ patch: { extra: { a: 1 } } }))).rejects.toMatchObject({
    code: 'NODE-STORE-BUSY',
  });
  other.exec('ROLLBACK');
  other.close();
  expect((await store.nodes.get(uuid)).extra).toEqual({});
  await store.nodes.change(uuid, () => ({ patch: { extra: { b: 1 } } }));
  await store.close();
});

test('a database file that is removed under a running process is noticed, and nothing more is acknowledged', async () => {
  const clock = fakeClock();
  const file = join(folder, 'store.db');
  const store = await openOn(openSqlite(file, { busyTimeoutMs: 100, clock }), clock, testKey, () => undefined);
  const uuid = await enrol(store, 'orphan');
  rmSync(file);
  await clock.advance(1_000);
  const gone = { code: 'NODE-STORE-UNAVAILABLE', message: expect.stringContaining('restart this process') };
  await expect(store.nodes.change(uuid, () => ({ patch: { extra: { a: 1 } } }))).rejects.toMatchObject(gone);
  await expect(store.ping()).rejects.toMatchObject(gone);
  await store.close();
});
