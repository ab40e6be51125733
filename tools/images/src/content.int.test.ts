import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  applyManifests,
  chartAccount,
  type Child,
  clusterApiCrds,
  freePort,
  type Manifest,
  startChild,
  testControlPlane,
  testRedis,
  waitUntilReady,
} from '@metal3/local-servers';
import { stringify } from 'yaml';
import { writeImageContent } from './content.ts';

const root = join(import.meta.dirname, '../../..');
const services = readdirSync(join(root, 'apps'));
const run = promisify(execFile);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-image-'));
  // Somebody else runs what is in it.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Node as the image runs it: another user, an empty environment, and a file system of which it may read its own bundles (and what is
 * mounted) and write nothing. Other processes and add-ons, which an image could not rely on, are out of reach too.
 */
const bare = (app: string, ...mounted: readonly string[]) => [
  '--permission',
  ...[app, ...mounted].map((path) => `--allow-fs-read=${path}`),
];

describe.each(services)('the image of %s', (service) => {
  const app = (copy = '') => join(folder, `${service}${copy}`);

  beforeAll(() => writeImageContent({ root, service, out: app() }));

  test('holds all that the service needs, and says what that is', async () => {
    const { stdout } = await run(process.execPath, [...bare(app()), join(app(), 'main.mjs'), '--help'], { env: {} });
    expect(stdout).toContain('--config');
    const bill = JSON.parse(readFileSync(join(app(), 'sbom.cdx.json'), 'utf8')) as { components: { name: string }[] };
    expect(bill.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['pino', 'prom-client']));
  });

  test('is the same, byte for byte, when it is made again elsewhere', async () => {
    await writeImageContent({ root, service, out: join(folder, 'elsewhere', service) });
    const sum = (home: string) =>
      readdirSync(home).map(
        (file) =>
          `${file} ${createHash('sha256')
            .update(readFileSync(join(home, file)))
            .digest('hex')}`,
      );
    expect(sum(join(folder, 'elsewhere', service))).toEqual(sum(app()));
    expect(readFileSync(join(app(), 'main.mjs.map'), 'utf8')).not.toContain(root);
  });
});

test('ipam serves from its image under its own account, and its check finds that it works', async () => {
  const plane = await testControlPlane();
  const { namespace } = plane;
  const account = await chartAccount(plane, {
    chart: 'ipam',
    namespace,
    values: { rbac: { namespaces: [namespace] } },
  });
  const home = join(folder, 'etc');
  mkdirSync(home);
  const kubeconfig = join(home, 'kubeconfig');
  copyFileSync(account.kubeconfigPath, kubeconfig);
  chmodSync(kubeconfig, 0o644);
  const app = join(folder, 'ipam');
  const health = await freePort();
  const child = startChild({
    name: 'ipam',
    command: process.execPath,
    args: [
      ...bare(app, home),
      join(app, 'main.mjs'),
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--health-listen=127.0.0.1:${health}`,
    ],
    env: { NODE_ENV: 'production' },
    logFile: join(folder, 'ipam.log'),
    ...(process.getuid?.() === 0 && { user: { uid: 65532, gid: 65532 } }),
  });
  try {
    await waitUntilReady(child, async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok, 60_000);
    const metrics = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
    const { version } = JSON.parse(readFileSync(join(root, 'apps/ipam/package.json'), 'utf8')) as { version: string };
    expect(metrics).toContain(`metal3_build_info{version="${version}"`);

    const check = [
      join(app, 'check.mjs'),
      `--kubeconfig=${plane.kubeconfigPath}`,
      `--namespace=${namespace}`,
      '--webhooks=false',
    ];
    const { stdout } = await run(process.execPath, [...bare(app, plane.kubeconfigPath), ...check], { env: {} });
    expect(stdout.trim().split('\n')).toEqual([
      'ok     ippools are served',
      'ok     ipclaims are served',
      'ok     ipaddresses are served',
      'ok     a good pool is let in',
    ]);
    const failing = run(process.execPath, [...bare(app, plane.kubeconfigPath), ...check.slice(0, 3), '--timeout=1s'], {
      env: {},
    });
    await expect(failing).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FAILED the webhook refuses a pool whose range runs backwards: it was let in'),
    });
  } finally {
    await child.stop({ graceMs: 5_000 });
    await account.remove();
  }
}, 120_000);

/** The user of the image, where we may become somebody else. */
const nobody = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : undefined;

test('all services run together from their images, as nobody who may write to their volumes alone', async () => {
  const [plane, redis, clusterApi] = await Promise.all([testControlPlane(), testRedis(), clusterApiCrds()]);
  await applyManifests(plane, clusterApi as readonly Manifest[]);
  const etc = join(folder, 'etc-of-all');
  const volume = join(folder, 'volume');
  for (const path of [etc, volume]) mkdirSync(path);
  if (nobody !== undefined) chownSync(volume, nobody.uid, nobody.gid);
  const kubeconfig = join(etc, 'kubeconfig');
  copyFileSync(plane.kubeconfigPath, kubeconfig);
  writeFileSync(join(etc, 'store.key'), randomBytes(32).toString('base64'));
  const [api, boot] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const media = await freePort();
  const store = { url: `sqlite:${volume}/ironic.sqlite`, keyFile: join(etc, 'store.key') };
  const kubernetes = { kubeconfig, namespace: plane.namespace };
  const settings: Readonly<Record<string, Readonly<Record<string, object>>>> = {
    'ironic-api': {
      grpc: { listen: api },
      rest: { listen: `127.0.0.1:${await freePort()}` },
      store,
      redis: { url: redis.url },
    },
    'ironic-conductor': {
      store,
      redis: { url: redis.url },
      boot: { pxeServer: boot, externalApiUrl: 'http://127.0.0.1:6385' },
    },
    'pxe-server': {
      grpc: { listen: boot },
      ironicApi: { address: api },
      http: { listen: `127.0.0.1:${media}`, url: `http://127.0.0.1:${media}` },
      cache: { folder: join(volume, 'cache') },
    },
    bmo: { kubernetes, ironic: { grpcAddress: api } },
    capm3: { kubernetes },
    ipam: { kubernetes },
  };
  expect(Object.keys(settings).toSorted()).toEqual(services.toSorted());

  const children: Child[] = [];
  try {
    const started = Object.entries(settings).map(async ([service, config]) => {
      const health = `127.0.0.1:${await freePort()}`;
      const grpc = { listen: `127.0.0.1:${await freePort()}` };
      const file = join(etc, `${service}.yaml`);
      writeFileSync(file, stringify({ grpc, ...config, service: { healthListen: health } }));
      for (const name of readdirSync(etc)) chmodSync(join(etc, name), 0o644);
      const app = join(folder, service);
      const child = startChild({
        name: service,
        command: process.execPath,
        args: [
          ...bare(app, etc, volume),
          `--allow-fs-write=${volume}`,
          // Images are looked at by programs of their own.
          ...(service === 'pxe-server' ? ['--allow-child-process', '--allow-worker'] : []),
          ...[join(app, 'main.mjs'), '--config', file],
        ],
        env: { NODE_ENV: 'production' },
        logFile: join(folder, `${service}-of-all.log`),
        ...(nobody && { user: nobody }),
      });
      children.push(child);
      await waitUntilReady(child, async () => (await fetch(`http://${health}/readyz`)).ok, 150_000);
    });
    await Promise.all(started);
  } finally {
    await Promise.all(children.map((child) => child.stop({ graceMs: 5_000 })));
  }
}, 240_000);
