import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  customResourceDefinition,
  readKubeConfig,
  type Kind,
  type NewObject,
} from '@metal3/kube-client';
import { freePort, testControlPlane } from '@metal3/local-servers';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const parent = mkdtempSync(join(tmpdir(), 'metal3-start-'));
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(parent, { recursive: true, force: true });
});

const kindOf = (group: string, version: string, kind: string): Kind => ({
  group,
  version,
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: true,
});
const secretKind = kindOf('', 'v1', 'Secret');
const ipPool = kindOf('ipam.metal3.io', 'v1alpha1', 'IPPool');

interface Run {
  readonly text: () => string;
  readonly says: (part: string) => Promise<void>;
  readonly interrupt: () => void;
  readonly exit: Promise<number | null>;
}

/** `npm start -- ARGS`, as it is after the set-up. */
function start(...args: readonly string[]): Run {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'tools/stack/src/start.ts', ...args],
    {
      cwd: root,
      // Must never be read.
      env: { ...process.env, KUBECONFIG: '/nonexistent/kubeconfig' },
    },
  );
  running.add(child);
  let text = '';
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += String(chunk);
      for (const listener of heard) listener();
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  void exit.then(() => running.delete(child));
  return {
    text: () => text,
    says: (part) =>
      new Promise((resolve, reject) => {
        const listen = () => void (text.includes(part) && resolve());
        heard.add(listen);
        void exit.then((code) => reject(new Error(`ended with ${code} before it said "${part}":\n${text}`)));
        listen();
      }),
    interrupt: () => void child.kill('SIGINT'),
    exit,
  };
}

test('your own cluster: refused while it holds hosts; with a namespace and --yes used as it is, other hosts untouched', async () => {
  const { kubeconfigPath, namespace } = await testControlPlane();
  const { namespace: elsewhere } = await testControlPlane();
  const client = connectKubernetes(readKubeConfig(kubeconfigPath, { env: {}, now: Date.now }), {
    userAgent: 'test',
    now: Date.now,
  });
  try {
    const theirs = await client.create(bareMetalHost, {
      metadata: { namespace: elsewhere, name: 'theirs' },
      spec: { online: false },
    } as NewObject<BareMetalHost>);

    const stateDir = join(parent, 'cluster');
    const arguments_ = ['--kubeconfig', kubeconfigPath, '--state-dir', stateDir, '--once', '--hosts', '3'];
    const refused = start(...arguments_, '--namespace', namespace);
    expect(await refused.exit).toBe(1);
    expect(refused.text()).toMatch(/already holds \d+ BareMetalHosts .* --namespace NAME --yes/);

    const confirmed = start(...arguments_, '--namespace', namespace, '--yes', '--timeout', '120');
    expect({ code: await confirmed.exit, text: confirmed.text() }).toEqual({
      code: 0,
      text: expect.stringContaining('3 hosts deleted after'),
    });
    expect((await client.list(bareMetalHost, { namespace })).items).toEqual([]);
    for (const kind of [secretKind, ipPool]) expect((await client.list(kind, { namespace })).items).toEqual([]);
    // It was there before.
    expect(await client.find(customResourceDefinition, { name: 'baremetalhosts.metal3.io' })).toBeDefined();
    expect(await client.find(bareMetalHost, { namespace: elsewhere, name: 'theirs' })).toEqual(theirs);
    expect(existsSync(stateDir)).toBe(false);
  } finally {
    await client.close();
  }
}, 240_000);

test('only the Ironic half, with a password: open to who has it, and nothing is left after Ctrl-C', async () => {
  const port = await freePort();
  const stateDir = join(parent, 'ironic');
  const ironic = start('--only', 'ironic', '--port', String(port), '--auth', 'basic', '--state-dir', stateDir);
  await ironic.says('Ctrl-C ends it');
  const nodes = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/v1/nodes`, { headers }).then(({ status }) => status);
  const account = Buffer.from(readFileSync(join(stateDir, 'rest-account'), 'utf8').trim()).toString('base64');
  expect(await nodes({})).toBe(401);
  expect(await nodes({ authorization: `Basic ${account}` })).toBe(200);

  const second = start('--only', 'ironic', '--port', String(port), '--state-dir', join(parent, 'second'));
  expect(await second.exit).toBe(1);
  expect(second.text()).toContain(`port ${port} of 127.0.0.1 is in use: give another one with --port`);
  const locked = start('--only', 'ironic', '--state-dir', stateDir);
  expect(await locked.exit).toBe(1);
  expect(locked.text()).toContain('give another folder with --state-dir');

  ironic.interrupt();
  expect(await ironic.exit).toBe(0);
  await expect(nodes({})).rejects.toThrow();
  expect(existsSync(stateDir)).toBe(false);
}, 120_000);

test('Ctrl-C while everything starts ends it in order', async () => {
  const stateDir = join(parent, 'interrupted');
  const stack = start('--state-dir', stateDir);
  await stack.says('starting the control plane');
  stack.interrupt();
  expect(await stack.exit).toBe(0);
  expect(stack.text()).not.toMatch(/starting it again|ready after/);
  expect(existsSync(stateDir)).toBe(false);
}, 120_000);
