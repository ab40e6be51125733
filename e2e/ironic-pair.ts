import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';

const root = fileURLToPath(new URL('..', import.meta.url));

/** ironic-api and ironic-conductor as processes of their own, sharing a SQLite file, without Redis. */
export interface IronicPair {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startIronicPair(): Promise<IronicPair> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-ironic-'));
  const store = ['--store', `sqlite:${join(dir, 'ironic.sqlite')}`, '--store-key-file', join(dir, 'ironic.key')];
  const portFile = join(dir, 'rest.address');
  const service = (name: string, ...args: readonly string[]): Child =>
    startChild({
      name,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(root, 'apps', name, 'src', 'main.ts'), ...store, ...args],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production' },
      cwd: root,
      logFile: join(dir, `${name}.log`),
    });
  const children = [
    service('ironic-conductor'),
    service('ironic-api', '--listen', '127.0.0.1:0', '--port-file', portFile),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const endpoint = await eventually(async () => {
      const dead = children.find((child) => !child.running());
      if (dead !== undefined) throw new Error(`${dead.name} ended: ${dead.logTail()}`);
      if (!existsSync(portFile)) throw new Error('ironic-api does not listen yet');
      const address = `http://${readFileSync(portFile, 'utf8')}`;
      const reply = await fetch(`${address}/v1/drivers`, { headers: { 'X-OpenStack-Ironic-API-Version': '1.89' } });
      const { drivers } = (await reply.json()) as { drivers: readonly unknown[] };
      if (drivers.length === 0) throw new Error('no conductor has registered yet');
      return address;
    });
    return { endpoint, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
