import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serviceEntry, startChild, waitUntilReady, type Child } from '@metal3/local-servers';

/** Our own ironic-api and ironic-conductor as processes, with a database in a folder of their own. */
export interface IronicProcesses {
  /** URL of the REST API. */
  readonly rest: string;
  /** host:port of the NodeService. */
  readonly grpc: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Only while nothing runs. */
  loseDatabase(): void;
  close(): Promise<void>;
}

export async function ironicProcesses(): Promise<IronicProcesses> {
  const dir = mkdtempSync(join(tmpdir(), 'bmo-ironic-'));
  const [restPort, grpcPort, healthPort] = [await freePort(), await freePort(), await freePort()];
  const rest = `http://127.0.0.1:${restPort}`;
  const grpc = `127.0.0.1:${grpcPort}`;
  const children: Child[] = [];

  const run = (name: string, args: readonly string[]): Child => {
    const store = ['--store', `sqlite:${dir}/ironic.sqlite`, '--store-key-file', `${dir}/ironic.key`];
    const child = startChild({
      name,
      command: process.execPath,
      args: [serviceEntry(name), ...store, ...args],
      cwd: dir,
      logFile: join(dir, `${name}.log`),
    });
    children.push(child);
    return child;
  };
  const answers = async (url: string, text: string): Promise<boolean> =>
    (await (await fetch(url)).text()).includes(text);

  return {
    rest,
    grpc,
    async start() {
      const health = ['--health-listen', `127.0.0.1:${healthPort}`];
      const api = run('ironic-api', ['--listen', `127.0.0.1:${restPort}`, '--grpc-listen', grpc, ...health]);
      await waitUntilReady(api, () => answers(`http://127.0.0.1:${healthPort}/readyz`, 'ok'), 60_000);
      const conductor = run('ironic-conductor', []);
      await waitUntilReady(conductor, () => answers(`${rest}/v1/drivers`, 'fake-hardware'), 60_000);
    },
    async kill() {
      await Promise.all(children.splice(0).map((child) => child.stop({ signal: 'SIGKILL' })));
    },
    loseDatabase() {
      for (const suffix of ['', '-wal', '-shm']) rmSync(join(dir, `ironic.sqlite${suffix}`), { force: true });
    },
    async close() {
      await Promise.all(children.splice(0).map((child) => child.stop()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
