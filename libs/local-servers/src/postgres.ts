import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from './binaries.mjs';
import { startChild, waitUntilReady } from './child-process.ts';
import { freePort } from './ports.ts';
import { scratchDir } from './scratch.ts';

const run = promisify(execFile);

export interface PostgresOptions {
  /** Folder for data and log; a temporary one when left out. */
  readonly dir?: string;
  readonly port?: number;
}

export interface Postgres {
  /** Of the database `postgres`, as superuser. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Makes an empty database and returns its URL. */
  readonly createDatabase: (name: string) => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

/**
 * A PostgreSQL on 127.0.0.1 that trusts local connections and does not wait for the disk.
 * As root it runs as the user `postgres` (or `nobody`), since the server refuses to run as root.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const bin = findPostgresBin();
  if (bin === undefined) {
    throw new Error(
      'PostgreSQL is not installed: install it (Debian, Ubuntu: apt-get install postgresql) or give --postgres-url',
    );
  }
  const port = options.port ?? (await freePort());
  const scratch = scratchDir(options.dir, 'postgres');
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  if (user !== undefined) chownSync(scratch.dir, user.uid, user.gid);
  const data = join(scratch.dir, 'data');
  const common = user === undefined ? {} : { user };

  if (!existsSync(join(data, 'PG_VERSION'))) {
    const init = startChild({
      name: 'initdb',
      command: join(bin, 'initdb'),
      args: [
        '--pgdata',
        data,
        '--username',
        'postgres',
        '--auth',
        'trust',
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--no-sync',
      ],
      cwd: scratch.dir,
      logFile: join(scratch.dir, 'initdb.log'),
      ...common,
    });
    const { code } = await init.exited;
    if (code !== 0) throw new Error(`initdb failed with ${code}:\n${init.logTail()}`);
  }
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '64MB',
  };
  const child = startChild({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: scratch.dir,
    logFile: join(scratch.dir, 'postgres.log'),
    deathSignal: 'QUIT',
    ...common,
  });
  const stop = async () => {
    // SIGINT is the fast shutdown: it does not wait for clients to leave.
    await child.stop({ signal: 'SIGINT' });
    scratch.remove();
  };
  const psql = (sql: string) =>
    run(join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-q', '-t', '-c', sql], {
      env: {},
    });
  try {
    await waitUntilReady(child, () => listens(port), 30_000);
    await waitUntilReady(child, () => psql('SELECT 1').then(() => true), 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  return {
    url: url('postgres'),
    port,
    pid: child.pid,
    logFile: child.logFile,
    createDatabase: async (name) => {
      await psql(`CREATE DATABASE "${name.replaceAll('"', '')}"`);
      return url(name);
    },
    stop,
    signal: child.signal,
  };
}

/** The folder of the server programs; Debian keeps them off PATH, one folder for each major version. */
export function findPostgresBin(): string | undefined {
  const versions = '/usr/lib/postgresql';
  const debian = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = findOnPath('initdb');
  return [
    ...debian.map((version) => join(versions, version, 'bin')),
    ...(onPath === undefined ? [] : [join(onPath, '..')]),
  ].find((bin) => ['initdb', 'postgres', 'psql'].every((program) => existsSync(join(bin, program))));
}

function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return { uid: Number(entry?.[2] ?? 65534), gid: Number(entry?.[3] ?? 65534) };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
