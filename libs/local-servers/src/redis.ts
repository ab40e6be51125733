import { connect } from 'node:net';
import { join } from 'node:path';
import { findOnPath } from './binaries.mjs';
import { startChild, waitUntilReady } from './child-process.ts';
import { freePort } from './ports.ts';
import { scratchDir } from './scratch.ts';

export interface RedisOptions {
  /** Folder for the log; a temporary one when left out. */
  readonly dir?: string;
  readonly port?: number;
}

export interface Redis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Ends the server; nothing it held survives. Starting again on the same `port` is a Redis that was emptied. */
  readonly stop: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** A Redis on 127.0.0.1 that keeps everything in memory. Throws when redis-server is not on PATH. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const command = findOnPath('redis-server');
  if (command === undefined) {
    throw new Error(
      'redis-server is not on PATH: install it (Debian, Ubuntu: apt-get install redis-server) or give --redis-url',
    );
  }
  const port = options.port ?? (await freePort());
  const scratch = scratchDir(options.dir, 'redis');
  const settings = {
    bind: '127.0.0.1',
    port,
    save: '',
    appendonly: 'no',
    dir: scratch.dir,
    'maxmemory-policy': 'noeviction',
  };
  const child = startChild({
    name: 'redis',
    command,
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]),
    logFile: join(scratch.dir, 'redis.log'),
  });
  const stop = async () => {
    await child.stop({ graceMs: 3_000 });
    scratch.remove();
  };
  try {
    await waitUntilReady(child, () => answersPing(port), 10_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, port, pid: child.pid, logFile: child.logFile, stop, signal: child.signal };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const finish = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
  });
}
