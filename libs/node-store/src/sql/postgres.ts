import pg from 'pg';
import { NodeStoreError } from '../contract/errors.ts';
import type { Database, Row, SqlSession, SqlValue, WriteSession } from './database.ts';

export interface PostgresOptions {
  readonly poolSize: number;
  readonly busyTimeoutMs: number;
  /** Told of connections that broke while idle. */
  readonly onError?: (error: Error) => void;
}

const int8 = 20;
/** A statement that waits for no lock any more and still has no answer after this many times that wait never gets one. */
const silenceFactor = 3;
/** What pg says of it. */
const silence = 'Query read timeout';
const clockText = 'SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint AS now';

/** bigint as number: identifiers and milliseconds stay far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig;

/** PostgreSQL through a pool; transactions are READ COMMITTED and lock the rows they decide on. */
export function openPostgres(url: string, options: PostgresOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize,
    types,
    connectionTimeoutMillis: options.busyTimeoutMs,
    lock_timeout: options.busyTimeoutMs,
    // A server that is cut off says nothing at all; without this, whoever asked would wait until the kernel gives the connection up.
    query_timeout: options.busyTimeoutMs * silenceFactor,
    keepAlive: true,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'metal3-node-store',
    allowExitOnIdle: true,
  });
  pool.on('error', (error) => options.onError?.(error));
  const listeners = new Set<pg.Client>();
  let ending: Promise<void> | undefined;

  const read = session(pool);
  const now = async (on: SqlSession = read) => Number((await on.get(clockText))?.['now']);

  async function write<Result>(body: (session: WriteSession) => Promise<Result>): Promise<Result> {
    const client = await pool.connect().catch((error: unknown) => {
      throw translate(error);
    });
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const within = session(client);
      const result = await body({ ...within, now: () => now(within) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      broken = saysNothing(error)
        ? (error as Error)
        : await client.query('ROLLBACK').then(
            () => undefined,
            (failure: Error) => failure,
          );
      throw translate(error);
    } finally {
      client.release(broken);
    }
  }

  return {
    dialect: 'postgres',
    read,
    now,
    write,
    async check() {
      await read.get('SELECT 1 AS one');
    },
    async listen(channel, wake, ended) {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'metal3-node-store-listen',
        connectionTimeoutMillis: options.busyTimeoutMs,
        query_timeout: options.busyTimeoutMs * silenceFactor,
        keepAlive: true,
      });
      const over = () => {
        if (listeners.delete(client)) ended();
      };
      client.on('error', over);
      client.on('end', over);
      client.on('notification', wake);
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      listeners.add(client);
      return async () => {
        listeners.delete(client);
        await client.end().catch(() => undefined);
      };
    },
    close() {
      ending ??= Promise.all([...listeners].map((client) => client.end().catch(() => undefined))).then(() =>
        pool.end(),
      );
      return ending;
    },
  };
}

interface Prepared {
  readonly name: string;
  readonly text: string;
}
const prepared = new Map<string, Prepared>();

/** The same text gets the same name, so that each connection plans it once. */
function prepare(text: string): Prepared {
  let found = prepared.get(text);
  if (found === undefined) {
    if (prepared.size >= 500) return { name: '', text: numbered(text) };
    found = { name: `m${prepared.size}`, text: numbered(text) };
    prepared.set(text, found);
  }
  return found;
}

function numbered(text: string): string {
  let index = 0;
  return text.replace(/\?/g, () => `$${(index += 1)}`);
}

function session(on: Pick<pg.ClientBase, 'query'>): SqlSession {
  const query = async (text: string, params: readonly SqlValue[]) => {
    try {
      return await on.query({ ...prepare(text), values: [...params] });
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    all: async (text, ...params) => (await query(text, params)).rows as Row[],
    get: async (text, ...params) => (await query(text, params)).rows[0] as Row | undefined,
    run: async (text, ...params) => (await query(text, params)).rowCount ?? 0,
  };
}

/** Classes 08 (connection), 53 (resources), 57 (shutdown) and what the socket says itself. */
function translate(error: unknown): unknown {
  if (error instanceof NodeStoreError) return error;
  const { code, message } = error as { code?: string; message?: string };
  if (code === '55P03' || code === '40P01') {
    return new NodeStoreError(
      'NODE-STORE-BUSY',
      'Another transaction kept the rows locked; nothing was written, try again.',
      {},
      error,
    );
  }
  if (message === 'Cannot use a pool after calling end on the pool') {
    return new NodeStoreError('NODE-STORE-CLOSED', 'The node store has been closed.', {}, error);
  }
  const gone = code !== undefined && /^(08|53|57P)|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_)/.test(code);
  if (
    gone ||
    message === silence ||
    /Connection terminated|timeout exceeded when trying to connect/.test(message ?? '')
  ) {
    return new NodeStoreError('NODE-STORE-UNAVAILABLE', `PostgreSQL: ${message ?? code}`, {}, error);
  }
  return error;
}

/** True when no answer came: such a connection is of no more use, not even for taking back what was done on it. */
function saysNothing(error: unknown): boolean {
  const { message, cause } = error as { message?: unknown; cause?: { message?: unknown } };
  return message === silence || cause?.message === silence;
}
