import type { Clock } from '@metal3/service';
import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { NodeStoreError } from '../contract/errors.ts';

import type { Database, Row, SqlSession, SqlValue, WriteSession } from './database.ts';

/** What the adapter needs of a connection: node:sqlite's, or one that a test makes fail. */
export interface SqliteConnection {
  prepare(sql: string): Pick<StatementSync, 'all' | 'get' | 'run'>;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteOptions {
  readonly busyTimeoutMs: number;
  readonly clock: Clock;
  readonly connect?: (file: string) => SqliteConnection;
}

const busy = 5;
const cantOpen = 14;
const full = 13;
const ioError = 10;

/**
 * SQLite with one connection for writing and one for reading. A write transaction begins IMMEDIATE, so it never has to upgrade a read lock
 * (which fails at once under contention). Waiting for another process's turn to end happens between attempts, off the event loop:
 * the connection itself never waits, since its calls are synchronous.
 */
export function openSqlite(file: string, options: SqliteOptions): Database {
  const connect = options.connect ?? connectSqlite;
  const inMemory = file === ':memory:';
  const writer = statements(connect(file));
  // Two processes that open a new file at once both want to turn it to WAL; this is the one wait that may block.
  writer.exec('PRAGMA busy_timeout = 5000');
  writer.exec('PRAGMA journal_mode = WAL');
  for (const pragma of ['synchronous = NORMAL', 'foreign_keys = ON', 'busy_timeout = 0', 'wal_autocheckpoint = 2000']) {
    writer.exec(`PRAGMA ${pragma}`);
  }
  const reader = inMemory ? writer : statements(connect(file));
  if (!inMemory) for (const pragma of ['busy_timeout = 100', 'query_only = ON']) reader.exec(`PRAGMA ${pragma}`);

  const inPlace = inMemory ? () => undefined : fileGuard(file, options.clock);
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  const session = (on: Statements): SqlSession => ({
    all: async (text, ...params) => on.all(text, params),
    get: async (text, ...params) => on.get(text, params),
    run: async (text, ...params) => on.run(text, params),
  });
  const now = async () => options.clock.now();
  const writing: WriteSession = { ...session(writer), now };

  const inTurn = <Result>(body: () => Promise<Result>): Promise<Result> => {
    if (closed) return Promise.reject(closedError());
    const result = turn.then(body);
    turn = result.catch(() => undefined);
    return result;
  };

  const write = <Result>(body: (session: WriteSession) => Promise<Result>): Promise<Result> =>
    inTurn(async () => {
      inPlace();
      await patiently(() => writer.exec('BEGIN IMMEDIATE'), options);
      try {
        const result = await body(writing);
        // In WAL mode COMMIT is refused only while another process recovers the log; the transaction stays open and may be committed again.
        await patiently(() => writer.exec('COMMIT'), options);
        return result;
      } catch (error) {
        writer.rollback();
        throw error;
      }
    });

  // An in-memory database has one connection, so a read must not fall into the middle of a transaction.
  const read: SqlSession = inMemory
    ? {
        all: (text, ...params) => inTurn(async () => writer.all(text, params)),
        get: (text, ...params) => inTurn(async () => writer.get(text, params)),
        run: (text, ...params) => inTurn(async () => writer.run(text, params)),
      }
    : session(reader);

  return {
    dialect: 'sqlite',
    read,
    now,
    write,
    async check() {
      inPlace();
      await read.get('SELECT 1 AS one');
    },
    listen: undefined,
    async close() {
      if (closed) return;
      await turn;
      closed = true;
      if (!inMemory) reader.close();
      writer.close();
    },
  };
}

/**
 * Refuses to go on with a file that was removed or replaced: what is written to it would be acknowledged, and gone with the last process that
 * has it open. Looks once a second at most.
 */
function fileGuard(file: string, clock: Clock): () => void {
  const opened = statSync(file, { throwIfNoEntry: false })?.ino;
  let lookedAt = clock.monotonic();
  let gone = false;
  return () => {
    if (gone || clock.monotonic() - lookedAt >= 1_000) {
      lookedAt = clock.monotonic();
      gone = statSync(file, { throwIfNoEntry: false })?.ino !== opened;
    }
    if (!gone) return;
    throw new NodeStoreError(
      'NODE-STORE-UNAVAILABLE',
      `The database file ${file} was removed or replaced while it was open: restart this process.`,
    );
  };
}

function connectSqlite(file: string): SqliteConnection {
  return new DatabaseSync(file);
}

interface Statements {
  all(text: string, params: readonly SqlValue[]): readonly Row[];
  get(text: string, params: readonly SqlValue[]): Row | undefined;
  run(text: string, params: readonly SqlValue[]): number;
  exec(text: string): void;
  rollback(): void;
  close(): void;
}

/** A connection with every statement prepared once. */
function statements(connection: SqliteConnection): Statements {
  const prepared = new Map<string, Pick<StatementSync, 'all' | 'get' | 'run'>>();
  let closed = false;
  const statement = (text: string) => {
    if (closed) throw closedError();
    let found = prepared.get(text);
    if (found === undefined) {
      // Filters combine into few texts; a bound all the same, since sort keys and filters come from clients.
      if (prepared.size >= 500) prepared.clear();
      found = connection.prepare(text);
      prepared.set(text, found);
    }
    return found;
  };
  return {
    all: (text, params) => translated(() => statement(text).all(...params) as Row[]),
    get: (text, params) => translated(() => statement(text).get(...params) as Row | undefined),
    run: (text, params) => translated(() => Number(statement(text).run(...params).changes)),
    exec: (text) => translated(() => connection.exec(text)),
    rollback() {
      try {
        connection.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself (full disk, I/O error).
      }
    },
    close() {
      closed = true;
      prepared.clear();
      connection.close();
    },
  };
}

/** Tries until the lock is free, with pauses that leave the event loop to others. */
async function patiently(attempt: () => void, { clock, busyTimeoutMs }: SqliteOptions): Promise<void> {
  const start = clock.monotonic();
  for (let pause = 1; ; pause = Math.min(pause * 1.5, 20)) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      const waited = clock.monotonic() - start;
      if (waited >= busyTimeoutMs) {
        throw new NodeStoreError(
          'NODE-STORE-BUSY',
          `Another process kept the database locked for ${Math.round(waited)} ms; nothing was written, try again.`,
          {},
          error,
        );
      }
      await clock.sleep(pause);
    }
  }
}

function errorCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function isBusy(error: unknown): boolean {
  return errorCode(error) === busy || errorCode((error as { cause?: unknown }).cause ?? error) === busy;
}

function translated<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const code = errorCode(error);
    if (code === busy)
      throw new NodeStoreError('NODE-STORE-BUSY', 'The database is locked; nothing was written.', {}, error);
    if (code === full || code === ioError || code === cantOpen) {
      throw new NodeStoreError('NODE-STORE-UNAVAILABLE', `SQLite: ${(error as Error).message}`, {}, error);
    }
    throw error;
  }
}

function closedError(): NodeStoreError {
  return new NodeStoreError('NODE-STORE-CLOSED', 'The node store has been closed.');
}
