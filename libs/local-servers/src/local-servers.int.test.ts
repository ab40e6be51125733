import { expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  asAdmin,
  chartAccount,
  findPostgresBin,
  startRedis,
  testControlPlane,
  testPostgres,
  testRedis,
} from './index.ts';

const run = promisify(execFile);

test('each test file gets a namespace of its own on the shared control plane, with the CRDs served', async () => {
  const one = await testControlPlane();
  const two = await testControlPlane();
  expect(two.url).toBe(one.url);
  expect(two.namespace).not.toBe(one.namespace);
  const hosts = await asAdmin(one, 'GET', `/apis/metal3.io/v1alpha1/namespaces/${one.namespace}/baremetalhosts`);
  expect(hosts).toMatchObject({ status: 200, body: { items: [] } });
}, 600_000);

test('a deleted namespace goes away, because the controller manager runs', async () => {
  const plane = await testControlPlane();
  const path = `/api/v1/namespaces/${plane.namespace}`;
  expect((await asAdmin(plane, 'DELETE', path)).status).toBe(200);
  await until(async () => (await asAdmin(plane, 'GET', path)).status === 404);
});

test('the account of a chart may do what the chart grants, and nothing more', async () => {
  const plane = await testControlPlane();
  const { namespace } = plane;
  const account = await chartAccount(plane, { chart: 'ipam', namespace });
  expect(account.user).toBe(`system:serviceaccount:${namespace}:ipam`);
  const kubectlLike = async (verb: string, group: string, resource: string) => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: account.user, resourceAttributes: { namespace, verb, group, resource } },
    };
    const { body } = await asAdmin(plane, 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    return (body as { status: { allowed: boolean } }).status.allowed;
  };
  // The API server's authorizer hears of roles as everybody does: a moment later.
  await until(() => kubectlLike('create', 'ipam.metal3.io', 'ipaddresses'));
  expect(await kubectlLike('create', 'ipam.metal3.io', 'ippools')).toBe(false);
  expect(await kubectlLike('list', '', 'secrets')).toBe(false);
  await account.remove();
  await until(async () => !(await kubectlLike('create', 'ipam.metal3.io', 'ipaddresses')));
}, 600_000);

test('each caller gets an empty database', async () => {
  const one = await testPostgres();
  const two = await testPostgres();
  expect(one.url).not.toBe(two.url);
  const psql = `${findPostgresBin()}/psql`;
  await run(psql, [one.url, '-c', 'CREATE TABLE t (a int)']);
  await expect(run(psql, [two.url, '-c', 'SELECT * FROM t'])).rejects.toThrow(/"t" does not exist/);
});

test('the shared Redis comes with a prefix of the caller', async () => {
  const [one, two] = await Promise.all([testRedis(), testRedis()]);
  expect(one.url).toBe(two.url);
  expect(one.prefix).not.toBe(two.prefix);
});

test('a Redis started again on its port is empty and reachable', async () => {
  const first = await startRedis();
  await first.stop();
  const second = await startRedis({ port: first.port });
  expect(second.url).toBe(first.url);
  await second.stop();
});

test('a server ends when the process that started it is killed with -9', async () => {
  const source = fileURLToPath(new URL('./index.ts', import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), 'metal3-orphan-'));
  const program = `import { startRedis } from '${source}';
    console.log((await startRedis({ dir: '${dir}' })).pid);
    setInterval(() => {}, 1e6);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
  rmSync(dir, { recursive: true, force: true });
});

/** Waits until it is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it did not become so within a minute: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
