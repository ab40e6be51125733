import { randomUUID } from 'node:crypto';
import type { Compilable, Kysely } from 'kysely';
import { NodeStoreError } from '../contract/errors.ts';
import { builder } from './builder.ts';
import { integer, type Database, type SqlSession } from './database.ts';
import type { Tables } from './schema.ts';

export interface Migration {
  /** The schema version that the migration leads to: 1, 2, 3, ... */
  readonly version: number;
  /** The oldest schema version a process may know and still work with the result. */
  readonly minReader: number;
  statements(db: Kysely<Tables>, dialect: Database['dialect']): readonly Compilable[];
}

/** Any fixed number: the name of the lock that migrating processes queue for on PostgreSQL. */
const migrationLock = 763_329;

/**
 * Brings the schema to the newest version this process knows, in one transaction and by one process at a time, or finds that a
 * newer process has gone ahead.
 *
 * @throws SCHEMA-TOO-NEW when what stands in the database is for newer processes only
 * @throws SCHEMA-TOO-OLD when no migration leads on from it
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  const newest = migrations.at(-1)?.version ?? 0;
  const db = builder(database.dialect);
  await database.write(async (session) => {
    if (database.dialect === 'postgres') await session.get('SELECT pg_advisory_xact_lock(?)', migrationLock);
    await session.run(
      'CREATE TABLE IF NOT EXISTS schema_meta (id integer PRIMARY KEY, version integer NOT NULL, min_reader integer NOT NULL)',
    );
    const row = await session.get('SELECT version, min_reader FROM schema_meta WHERE id = 1');
    const version = row === undefined ? 0 : integer(row['version']);
    if (row !== undefined && integer(row['min_reader']) > newest) {
      throw new NodeStoreError(
        'SCHEMA-TOO-NEW',
        `The database has schema version ${version}, which needs processes that know version ${integer(row['min_reader'])}; ` +
          `this one knows ${newest}.`,
      );
    }
    const pending = migrations.filter((migration) => migration.version > version);
    const first = pending[0];
    if (first === undefined) return;
    if (first.version !== version + 1) {
      throw new NodeStoreError(
        'SCHEMA-TOO-OLD',
        `The database has schema version ${version}; this process can migrate from version ${first.version - 1} on.`,
      );
    }
    for (const migration of pending) {
      for (const statement of migration.statements(db, database.dialect)) {
        await session.run(statement.compile().sql);
      }
    }
    const last = pending.at(-1) ?? first;
    await session.run('DELETE FROM schema_meta');
    await session.run(
      'INSERT INTO schema_meta (id, version, min_reader) VALUES (1, ?, ?)',
      last.version,
      last.minReader,
    );
    await ensureEpoch(session);
  });
}

/** A store that was wiped gets another epoch, by which watchers notice. */
async function ensureEpoch(session: SqlSession): Promise<void> {
  await session.run(
    'INSERT INTO change_counter (id, epoch, seq, trimmed_seq) VALUES (1, ?, 0, 0) ON CONFLICT (id) DO NOTHING',
    randomUUID().replaceAll('-', '').slice(0, 12),
  );
}
