import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Dialect,
} from 'kysely';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

const sqlite: Dialect = {
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
};

const postgres: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};

const builders = {
  sqlite: new Kysely<Tables>({ dialect: sqlite }),
  postgres: new Kysely<Tables>({ dialect: postgres }),
};

/** Builds and type-checks statements in the database's own SQL; they are compiled here and run by the session of `Database`. */
export function builder(dialect: Database['dialect']): Kysely<Tables> {
  return builders[dialect];
}
