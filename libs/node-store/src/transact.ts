import type { Clock } from '@metal3/service';
import type { ChangeRow } from './changes/append.ts';
import { appendChanges } from './changes/append.ts';
import { changeChannel } from './changes/feed.ts';
import type { NodeCache } from './nodes/cache.ts';
import type { SecretBox } from './secrets/seal.ts';
import type { Database, WriteSession } from './sql/database.ts';

/** What every part of the store works with. */
export interface Core {
  readonly database: Database;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly cache: NodeCache;
  /** Called after a transaction that appended to the change log. */
  readonly changed: () => void;
}

/** One transaction: statements, one instant for all of them, and what is to be logged at its end. */
export interface Unit {
  readonly sql: WriteSession;
  /** The database's clock when the transaction began. */
  readonly now: number;
  log(row: ChangeRow): void;
}

/**
 * Runs `body` in one transaction. Change rows are appended last, because taking a sequence number makes other writers wait until this
 * transaction has ended: that wait is what makes the order of the log the order of commits.
 */
export async function transact<Result>(
  { database, changed }: Pick<Core, 'database' | 'changed'>,
  body: (unit: Unit) => Promise<Result>,
): Promise<Result> {
  let logged = false;
  const result = await database.write(async (sql) => {
    const rows: ChangeRow[] = [];
    const unit: Unit = { sql, now: await sql.now(), log: (row) => rows.push(row) };
    const outcome = await body(unit);
    await appendChanges(sql, unit.now, rows);
    logged = rows.length > 0;
    if (logged && database.dialect === 'postgres') await sql.run(`NOTIFY ${changeChannel}`);
    return outcome;
  });
  if (logged) changed();
  return result;
}
