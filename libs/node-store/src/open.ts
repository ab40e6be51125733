import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock, type Clock } from '@metal3/service';
import { agentRepository } from './agents/repository.ts';
import { bootEntryRepository } from './boot/repository.ts';
import { changeFeed } from './changes/feed.ts';
import { changeLog } from './changes/repository.ts';
import { conductorRepository } from './conductors/repository.ts';
import type { NodeStore, NodeStoreOptions } from './contract/store.ts';
import { blobRepository } from './nodes/blobs.ts';
import { nodeCache } from './nodes/cache.ts';
import { nodeRepository } from './nodes/repository.ts';
import { portRepository } from './ports/repository.ts';
import { recordRepository } from './records/repository.ts';
import { secretBox } from './secrets/seal.ts';
import type { Database } from './sql/database.ts';
import { migrate } from './sql/migrate.ts';
import { migrations } from './sql/migrations/index.ts';
import { openPostgres } from './sql/postgres.ts';
import { openSqlite } from './sql/sqlite.ts';
import type { Core } from './transact.ts';
import { workRepository } from './work/repository.ts';

/** How often the log is looked at while somebody watches: SQLite tells nobody of other processes' commits, PostgreSQL notifies. */
const pollMs = { sqlite: 40, postgres: 1000 } as const;
const cachedNodes = 20_000;

/**
 * Opens the store, brings its schema up to date, and checks that this release can work with it.
 *
 * @throws SCHEMA-TOO-NEW, SCHEMA-TOO-OLD, NODE-STORE-UNAVAILABLE, and TypeError for a URL that names no known database
 */
export async function openNodeStore(options: NodeStoreOptions): Promise<NodeStore> {
  const clock = options.clock ?? systemClock;
  const onError = options.onError ?? (() => undefined);
  return openOn(await openDatabase(options, clock, onError), clock, options.key, onError);
}

/** The store on a database that has been opened. */
export async function openOn(
  database: Database,
  clock: Clock,
  key: Uint8Array,
  onError: (error: Error) => void,
): Promise<NodeStore> {
  try {
    await migrate(database, migrations);
  } catch (error) {
    await database.close();
    throw error;
  }
  const feed = changeFeed({ database, clock, pollMs: pollMs[database.dialect], onError });
  const core: Core = {
    database,
    clock,
    secrets: secretBox(key),
    cache: nodeCache(cachedNodes),
    changed: feed.poke,
  };
  const bootEntries = bootEntryRepository(core);
  return {
    nodes: nodeRepository(core),
    ports: portRepository(core),
    records: recordRepository(core),
    blobs: blobRepository(core),
    agents: agentRepository(core),
    work: workRepository(core),
    conductors: conductorRepository(core),
    bootEntries,
    changes: changeLog(core, feed, bootEntries),
    reveal: (nodeUuid, fields) => core.secrets.revealFields(fields, nodeUuid),
    ping: () => database.check(),
    async close() {
      await feed.close();
      await database.close();
    },
  };
}

async function openDatabase(
  options: NodeStoreOptions,
  clock: Clock,
  onError: (error: Error) => void,
): Promise<Database> {
  const { url, busyTimeoutMs = 10_000, poolSize = 10 } = options;
  const [scheme] = url.split(':', 1);
  if (scheme === 'sqlite') {
    const file = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (file !== ':memory:') await mkdir(dirname(file), { recursive: true });
    return openSqlite(file, { busyTimeoutMs, clock });
  }
  if (scheme === 'postgres' || scheme === 'postgresql') return openPostgres(url, { busyTimeoutMs, poolSize, onError });
  throw new TypeError(
    `The node store needs a URL "sqlite:<file>" or "postgres://...", not one that begins with "${scheme}:".`,
  );
}
