import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceEntry, startChild, type Child } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';

const root = fileURLToPath(new URL('..', import.meta.url));

/** ironic-api and ironic-conductor as processes of their own, sharing a SQLite file, without Redis. */
export interface IronicPair {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Several of each, sharing one database. */
export interface IronicReplicas {
  readonly endpoints: readonly string[];
  readonly conductors: readonly Child[];
  stop(): Promise<void>;
}

export interface ReplicaRequest {
  /** A SQLite file of their own when left out. */
  readonly storeUrl?: string;
  readonly replicas: number;
  /** Further arguments of the conductors. */
  readonly conductorArgs?: readonly string[];
  /** The first conductor kills itself at this instant (`work/fail-points.ts`). */
  readonly firstDiesAt?: string;
}

export async function startIronicPair(): Promise<IronicPair> {
  const { endpoints, stop } = await startIronicReplicas({ replicas: 1 });
  return { endpoint: endpoints[0] ?? '', stop };
}

/** Resolves when every API answers and knows all conductors. */
export async function startIronicReplicas(request: ReplicaRequest): Promise<IronicReplicas> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-ironic-'));
  const storeUrl = request.storeUrl ?? `sqlite:${join(dir, 'ironic.sqlite')}`;
  const store = ['--store', storeUrl, '--store-key-file', join(dir, 'ironic.key')];
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const plain = { PATH, HOME, NODE_COMPILE_CACHE, NODE_ENV: 'production' };
  const doomed = { ...plain, METAL3_TEST_FAIL_POINTS: '1', FAIL_POINT: request.firstDiesAt };
  const service = (name: string, index: number, ...args: readonly string[]): Child =>
    startChild({
      name: `${name} ${index}`,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', serviceEntry(name), ...store, ...args],
      env: name === 'ironic-conductor' && index === 0 && request.firstDiesAt !== undefined ? doomed : plain,
      cwd: root,
      logFile: join(dir, `${name}-${index}.log`),
    });
  const indices = Array.from({ length: request.replicas }, (_, index) => index);
  const portFile = (index: number) => join(dir, `rest-${index}.address`);
  const conductors = indices.map((index) => service('ironic-conductor', index, ...(request.conductorArgs ?? [])));
  const apis = indices.map((index) =>
    service('ironic-api', index, '--listen', '127.0.0.1:0', '--port-file', portFile(index)),
  );
  const children = [...conductors, ...apis];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(dir, { recursive: true, force: true });
  };
  const answering = (index: number) =>
    eventually(
      async () => {
        const dead = children.find((child) => !child.running());
        if (dead !== undefined) throw new Error(`${dead.name} ended: ${dead.logTail()}`);
        if (!existsSync(portFile(index))) throw new Error('ironic-api does not listen yet');
        const address = `http://${readFileSync(portFile(index), 'utf8')}`;
        const reply = await fetch(`${address}/v1/drivers`, { headers: { 'X-OpenStack-Ironic-API-Version': '1.89' } });
        const { drivers } = (await reply.json()) as { drivers: readonly { readonly hosts: readonly string[] }[] };
        if ((drivers[0]?.hosts.length ?? 0) < request.replicas)
          throw new Error('not all conductors have registered yet');
        return address;
      },
      { timeoutMs: 60_000 },
    );
  try {
    return { endpoints: await Promise.all(indices.map(answering)), conductors, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
