import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBinaries, serviceEntry } from '@metal3/local-servers';
import { parse, parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

let helm: string;
let folder: string;

beforeAll(async () => {
  ({ helm } = (await ensureBinaries({ names: ['helm'] })) as { helm: string });
  folder = await mkdtemp(join(tmpdir(), 'ironic-charts-'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true }));

interface Container {
  readonly name: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Rendered {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly template: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes: readonly object[] };
    };
  };
}

async function template(chart: string, ...args: readonly string[]) {
  const { stdout } = await run(helm, ['template', 'ironic', join(root, 'charts', chart), ...args]);
  const manifests = parseAllDocuments(stdout).map((document) => document.toJS() as Rendered | null);
  const find = (kind: string): Rendered => {
    const found = manifests.find((manifest) => manifest?.kind === kind);
    if (!found) throw new Error(`the chart renders no ${kind}`);
    return found;
  };
  const deployment = find('Deployment').spec;
  if (deployment === undefined) throw new Error('the Deployment is empty');
  return { config: find('ConfigMap').data ?? {}, deployment, pod: deployment.template.spec };
}

const refusal = (chart: string, ...args: readonly string[]): Promise<string> =>
  template(chart, ...args).then(
    () => 'accepted',
    (error: Error) => error.message,
  );

/** What a service makes of a rendered configuration and the environment of its container. */
async function understood(app: string, config: string, env: Readonly<Record<string, string>>) {
  const file = join(folder, `${app}.yaml`);
  await writeFile(file, config);
  const main = serviceEntry(app);
  const { stdout } = await run(process.execPath, [main, '--config', file, '--print-config'], { env });
  return parse(stdout) as Record<string, Record<string, unknown>>;
}

const ownPods = ['--set', 'store.secretName=ironic-store', '--set', 'tls.secretName=metal3-tls'];
const url = 'http://192.0.2.1:6385';

describe('by default ironic-api and ironic-conductor are pods of their own on one PostgreSQL database', () => {
  test.each(['ironic-api', 'ironic-conductor'])('%s says that it needs a database, and which', async (chart) => {
    const said = await refusal(
      chart,
      ...(chart === 'ironic-api' ? [] : ['--set', `config.boot.externalApiUrl=${url}`]),
    );
    expect(said).toContain(`store.secretName: ${chart} needs a PostgreSQL database`);
    expect(said).toContain('postgres://user:password@host:port/database');
    expect(said).toContain('profiles/tiny.yaml');
  });

  test('certificates are asked for, because the two call each other', async () => {
    expect(await refusal('ironic-api', '--set', 'store.secretName=x')).toContain('tls.secretName: ironic-api and');
  });

  test('the conductor says that agents need a URL', async () => {
    expect(await refusal('ironic-conductor', ...ownPods)).toContain(
      'config.boot.externalApiUrl: the agent on a machine',
    );
  });

  test.each([
    ['ironic-api', []],
    ['ironic-conductor', ['--set', `config.boot.externalApiUrl=${url}`]],
  ])('%s takes database and key from the Secret, and keeps nothing in the pod', async (chart, args) => {
    const { deployment, pod } = await template(chart, ...ownPods, ...args);
    expect(deployment.replicas).toBe(2);
    expect(pod.containers.map(({ name }) => name)).toEqual([chart]);
    const [container] = pod.containers;
    expect(container?.env).toContainEqual({
      name: 'STORE_URL',
      valueFrom: { secretKeyRef: { name: 'ironic-store', key: 'url' } },
    });
    expect(container?.volumeMounts).toContainEqual({
      name: 'store-key',
      mountPath: '/etc/metal3/store',
      readOnly: true,
    });
    expect(JSON.stringify(pod.volumes)).toContain('"secretName":"ironic-store"');
    expect(JSON.stringify(pod.volumes)).not.toContain('"name":"data"');
  });

  test('the services understand what they are given: the API calls conductors where they say they are', async () => {
    const env = { STORE_URL: 'postgres://u:secret@db/ironic', POD_IP: '10.0.0.7' };
    const api = await template('ironic-api', ...ownPods);
    expect(await understood('ironic-api', api.config['config.yaml'] ?? '', env)).toMatchObject({
      store: { keyFile: '/etc/metal3/store/key' },
      grpc: { listen: '0.0.0.0:50052', tlsClientCaFile: '/etc/metal3/tls/ca.crt' },
      conductors: { tlsCaFile: '/etc/metal3/tls/ca.crt', tlsServerName: 'ironic-conductor' },
    });
    const conductor = await template('ironic-conductor', ...ownPods, '--set', `config.boot.externalApiUrl=${url}`);
    expect(await understood('ironic-conductor', conductor.config['config.yaml'] ?? '', env)).toMatchObject({
      conductor: { rpcHost: '10.0.0.7' },
      grpc: { listen: '0.0.0.0:50053' },
      boot: { externalApiUrl: url },
    });
  });
});

describe('profile tiny', () => {
  const tiny = [
    '-f',
    join(root, 'charts/ironic-api/profiles/tiny.yaml'),
    '--set',
    `conductor.config.boot.externalApiUrl=${url}`,
  ];

  test('is one pod with both programs and one SQLite file', async () => {
    const { deployment, pod, config } = await template('ironic-api', ...tiny);
    expect(deployment).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(pod.containers.map(({ name }) => name)).toEqual(['ironic-api', 'ironic-conductor']);
    for (const { volumeMounts } of pod.containers)
      expect(volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/ironic' });
    const store = { url: 'sqlite:/var/lib/ironic/ironic.sqlite', keyFile: '/var/lib/ironic/ironic.key' };
    expect(await understood('ironic-api', config['config.yaml'] ?? '', {})).toMatchObject({ store });
    expect(await understood('ironic-conductor', config['conductor.yaml'] ?? '', {})).toMatchObject({
      store,
      grpc: { listen: '127.0.0.1:0' },
      boot: { externalApiUrl: url },
    });
  });

  test('says that agents need a URL', async () => {
    expect(await refusal('ironic-api', ...tiny.slice(0, 2))).toContain('conductor.config.boot.externalApiUrl');
  });

  test('a value that neither program knows is refused by name', async () => {
    expect(await refusal('ironic-api', ...tiny, '--set', 'conductor.config.boot.nonsense=1')).toContain('nonsense');
    expect(await refusal('ironic-api', ...tiny, '--set', 'databse.url=x')).toContain('databse');
  });

  test('passes helm lint', async () => {
    const { stdout } = await run(helm, ['lint', '--strict', join(root, 'charts/ironic-api'), ...tiny]);
    expect(stdout).toContain('0 chart(s) failed');
  });
});
