export type SqlValue = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

/** Runs statements with `?` placeholders; on SQLite they are prepared once and complete within the same turn of the event loop. */
export interface SqlSession {
  all(text: string, ...params: readonly SqlValue[]): Promise<readonly Row[]>;
  get(text: string, ...params: readonly SqlValue[]): Promise<Row | undefined>;
  /** Number of rows changed. */
  run(text: string, ...params: readonly SqlValue[]): Promise<number>;
}

export interface WriteSession extends SqlSession {
  /** The database's clock, in milliseconds since the epoch. */
  now(): Promise<number>;
}

/** One database, SQLite or PostgreSQL. Reads see what is committed; writes are transactions that see and lock the present. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  readonly read: SqlSession;
  now(): Promise<number>;
  /** @throws NODE-STORE-UNAVAILABLE unless the database answers and is the one that was opened */
  check(): Promise<void>;
  /** @throws NODE-STORE-BUSY when the turn to write does not come in time; nothing was written then */
  write<Result>(body: (session: WriteSession) => Promise<Result>): Promise<Result>;
  /**
   * Calls `wake` when another process may have committed, and `ended` when it will not do so any more; undefined when this database can
   * only be polled.
   */
  readonly listen: ((channel: string, wake: () => void, ended: () => void) => Promise<() => Promise<void>>) | undefined;
  close(): Promise<void>;
}

export function text(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError(`Expected text from the database but got ${typeof value}.`);
  return value;
}

export function optionalText(value: SqlValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function integer(value: SqlValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError(`Expected an integer from the database but got ${typeof value}.`);
  return value;
}

export function optionalInteger(value: SqlValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

export function truth(value: SqlValue | undefined): boolean {
  return value === 1;
}

export function optionalTruth(value: SqlValue | undefined): boolean | null {
  return typeof value === 'number' ? value === 1 : null;
}

/** Booleans are 0 and 1 in both databases. */
export function fromTruth(value: boolean | null): number | null {
  return value === null ? null : value ? 1 : 0;
}
