import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';
import { nodeClient } from '@metal3/ironic-client';
import { freePort, startChild, waitUntilReady, type Child } from '@metal3/local-servers';
import { systemClock, systemRandom } from '@metal3/service';
import { testService } from '@metal3/testing';
import { grpcProvisioner } from './adapters/grpc.ts';
import { restClient } from './adapters/rest-client.ts';
import { restProvisioner } from './adapters/rest.ts';
import { provisionerConformance } from './testing/conformance.ts';

const apps = fileURLToPath(new URL('../../../', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'bmo-provisioner-'));
const children: Child[] = [];
let rest = '';
let grpc = '';

beforeAll(async () => {
  const [restPort, grpcPort, healthPort] = [await freePort(), await freePort(), await freePort()];
  rest = `http://127.0.0.1:${restPort}`;
  grpc = `127.0.0.1:${grpcPort}`;
  const store = ['--store', `sqlite:${dir}/ironic.sqlite`, '--store-key-file', `${dir}/ironic.key`];
  const start = (name: string, args: readonly string[]): Child => {
    const child = startChild({
      name,
      command: process.execPath,
      args: [`${apps}${name}/src/main.ts`, ...store, ...args],
      env: { PATH: process.env['PATH'], HOME: dir },
      cwd: dir,
      logFile: join(dir, `${name}.log`),
    });
    children.push(child);
    return child;
  };
  const health = ['--health-listen', `127.0.0.1:${healthPort}`];
  const api = start('ironic-api', ['--listen', `127.0.0.1:${restPort}`, '--grpc-listen', grpc, ...health]);
  const ready = async (url: string): Promise<boolean> => (await fetch(url)).ok;
  await waitUntilReady(api, () => ready(`http://127.0.0.1:${healthPort}/readyz`), 30_000);
  const conductor = start('ironic-conductor', []);
  const hasConductor = async (): Promise<boolean> =>
    JSON.stringify(await (await fetch(`${rest}/v1/drivers`)).json()).includes('fake-hardware');
  await waitUntilReady(conductor, hasConductor, 30_000);
}, 90_000);

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  rmSync(dir, { recursive: true, force: true });
});

provisionerConformance('gRPC', async () => {
  const client = nodeClient(grpc);
  const { provisioner, part } = grpcProvisioner(client, () => systemRandom.uuid());
  const service = testService('bmo-conformance');
  const stopped = new AbortController();
  await part.start(stopped.signal, service);
  return {
    provisioner,
    settle: () => {},
    patienceMs: 30_000,
    async close() {
      stopped.abort();
      await part.stop();
      client.close();
      await service.stop();
    },
  };
});

provisionerConformance('REST', async () => {
  const client = restClient({ endpoint: rest, timeoutMs: 10_000 });
  const provisioner = restProvisioner({ client, clock: systemClock, busyTickMs: 200, idleTickMs: 1_000 });
  return { provisioner, settle: () => {}, patienceMs: 30_000, close: () => client.close() };
});
