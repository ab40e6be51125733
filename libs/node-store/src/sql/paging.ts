import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Row } from './database.ts';

type Direction = 'asc' | 'desc';

/** Order by a column, nulls first when ascending (in both databases alike), then by id in the same direction. */
export function sorted(table: string, column: string, dir: Direction): RawBuilder<unknown> {
  const id = sql.ref(`${table}.id`);
  const way = sql.raw(dir);
  if (column === 'id') return sql`${id} ${way}`;
  const nulls = sql.raw(dir === 'asc' ? 'nulls first' : 'nulls last');
  return sql`${sql.ref(`${table}.${column}`)} ${way} ${nulls}, ${id} ${way}`;
}

/** The rows that come after the one with this `id` and `value` in the order of `sorted`. */
export function pageAfter(table: string, column: string, dir: Direction, { id, value }: Row): RawBuilder<SqlBool> {
  const idRef = sql.ref(`${table}.id`);
  const ref = sql.ref(`${table}.${column}`);
  const beyond = sql.raw(dir === 'asc' ? '>' : '<');
  if (column === 'id') return sql<SqlBool>`${idRef} ${beyond} ${id}`;
  if (value === null || value === undefined) {
    const rest = sql<SqlBool>`(${ref} is null and ${idRef} ${beyond} ${id})`;
    return dir === 'asc' ? sql<SqlBool>`(${ref} is not null or ${rest})` : rest;
  }
  const after = sql<SqlBool>`${ref} ${beyond} ${value} or (${ref} = ${value} and ${idRef} ${beyond} ${id})`;
  return dir === 'asc' ? sql<SqlBool>`(${after})` : sql<SqlBool>`(${after} or ${ref} is null)`;
}
