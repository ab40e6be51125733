import { sql, type RawBuilder } from 'kysely';

/** True for rows whose text column has `part` somewhere; "%" and "_" in it stand for themselves. */
export function containing(column: string, part: string): RawBuilder<boolean> {
  const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`${sql.ref(column)} LIKE ${pattern} ESCAPE '\\'`;
}
