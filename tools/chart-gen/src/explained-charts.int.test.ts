import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  applyManifests,
  asAdmin,
  companionCrds,
  ensureBinaries,
  type Manifest,
  manifestsOf,
  renderChart,
  renderChartText,
  serviceEntry,
  testControlPlane,
  type TestControlPlane,
} from '@metal3/local-servers';
import { golden } from '@metal3/testing';
import { parse } from 'yaml';
import { valueRows } from './readme.ts';
import { charts } from './artefacts.ts';
import { valueSets } from './value-sets.ts';

const root = join(import.meta.dirname, '../../..');
interface About {
  readonly version: string;
  readonly appVersion: string;
}
let plane: TestControlPlane;
let companions: readonly Manifest[] = [];

beforeAll(async () => {
  plane = await testControlPlane();
  companions = [...(await companionCrds('cert-manager')), ...(await companionCrds('prometheus'))];
  await applyManifests(plane, companions);
}, 600_000);
afterAll(async () => {
  // Other test files render for a cluster without them.
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const { metadata } of companions) await asAdmin(plane, 'DELETE', `${path}/${metadata.name}`);
});

const render = (values: object = {}, namespace = plane.namespace) => renderChart({ chart: 'ipam', namespace, values });
const ofKind = (manifests: readonly Manifest[], ...kinds: string[]) =>
  manifests.filter(({ kind }) => kinds.includes(kind));

const operators = ['bmo', 'capm3', 'ipam'];
const installations = charts.flatMap((chart) =>
  Object.entries(valueSets[chart] ?? {}).map(([name, set]) => ({ chart, name, ...set })),
);
/** Sets whose CRDs differ, by webhooks that translate them: those of the rest need not be made, and asked about, again. */
const withCrds: Readonly<Record<string, readonly string[]>> = {
  bmo: ['default'],
  capm3: ['default', 'cert-manager', 'no-webhooks'],
  ipam: ['default', 'cert-manager'],
};

describe.each(installations)('$chart installed with the values $name', ({ chart, name, values, apiVersions = [] }) => {
  const about = parse(readFileSync(join(root, 'charts', chart, 'Chart.yaml'), 'utf8')) as About;
  const namespace = chart === 'ipam' ? 'metal3-ipam-system' : `${chart}-system`;
  let text = '';
  let objects: readonly Manifest[] = [];
  beforeAll(async () => {
    const withoutCrds = { ...(operators.includes(chart) && { crds: { enabled: false } }), ...values };
    text = await renderChartText({ chart, namespace, apiVersions, values: withoutCrds });
    objects = manifestsOf(text.replaceAll(namespace, plane.namespace));
  });

  test('the chart renders what was reviewed (UPDATE_GOLDEN=1 writes it)', () => {
    // A release changes the version everywhere; that is not what is reviewed here.
    const made = text
      .replaceAll(about.version, 'VERSION')
      .replaceAll(about.appVersion, 'VERSION')
      .replaceAll(/sum\/config: [0-9a-f]{64}/g, 'sum/config: SUM');
    expect(made).toBe(golden(new URL(`golden/${chart}/${name}.yaml`, import.meta.url), made));
  });

  test('the API server accepts every object, CRDs and hooks included', async () => {
    const manifests =
      withCrds[chart]?.includes(name) === true
        ? await renderChart({ chart, namespace: plane.namespace, apiVersions, values })
        : objects;
    expect(manifests.length).toBeGreaterThan(3);
    await applyManifests(plane, manifests, { dryRun: true, namespace: plane.namespace });
  });

  if (name !== 'default') return;
  test('the service understands the configuration that it is given', async () => {
    const [config] = objects.filter(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === chart,
    ) as unknown as readonly { readonly data: Readonly<Record<string, string>> }[];
    const folder = mkdtempSync(join(tmpdir(), 'metal3-chart-'));
    try {
      const file = join(folder, 'config.yaml');
      writeFileSync(file, config?.data['config.yaml'] ?? '');
      const args = ['--disable-warning=ExperimentalWarning', serviceEntry(chart), '--config', file, '--print-config'];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env: {} });
      const { service } = parse(stdout) as { readonly service: { readonly healthListen: string } };
      expect(service.healthListen).toBe('0.0.0.0:8080');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test.each<[string, object, RegExp]>([
  ['an unknown value', { replica: 2 }, /replica/],
  ['an unknown setting of the service', { config: { concurency: 3 } }, /concurency/],
  ['a setting out of its bounds', { config: { concurrency: 1000 } }, /concurrency|maximum/],
  ['a way of certificates that there is not', { webhook: { certificates: 'acme' } }, /certificates/],
  ['a longer timeout than the API server allows', { webhook: { timeoutSeconds: 30 } }, /timeoutSeconds/],
  ['a digest that is none', { image: { digest: 'sha256:abc' } }, /digest/],
  ['a port that is none', { ports: { health: 0 } }, /health/],
  ['a number for a flag', { crds: { keep: 1 } }, /keep/],
  [
    'an existing Secret without its name',
    { webhook: { certificates: 'existingSecret' } },
    /webhook\.secretName: name the Secret/,
  ],
  ['webhook settings in two places', { config: { webhooks: { port: 1 } } }, /config\.webhooks: set webhook instead/],
])('%s is refused by name', async (_what, values, words) => {
  await expect(render(values)).rejects.toThrow(words);
});

test.each(charts)('every value of %s is explained in values.yaml', (chart) => {
  const rows = valueRows(readFileSync(join(root, 'charts', chart, 'values.yaml'), 'utf8'));
  expect(rows.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
  expect(rows.length).toBeGreaterThan(50);
});

describe('the rights of capm3', () => {
  const rulesOf = async (values: object) =>
    (
      ofKind(
        await renderChart({ chart: 'capm3', namespace: plane.namespace, values }),
        'Role',
        'ClusterRole',
      ) as unknown as readonly {
        readonly rules: readonly {
          readonly resources: readonly string[];
          readonly verbs: readonly string[];
          readonly resourceNames?: readonly string[];
        }[];
      }[]
    ).flatMap(({ rules }) => rules);

  test('to change CRDs are for those it translates, and none where cert-manager writes them', async () => {
    const overCrds = async (values: object) =>
      (await rulesOf(values)).filter(
        ({ resources, verbs }) => resources.includes('customresourcedefinitions') && verbs.includes('patch'),
      );
    const [rule, ...more] = await overCrds({});
    expect(more).toEqual([]);
    expect(rule?.resourceNames).toContain('metal3machines.infrastructure.cluster.x-k8s.io');
    expect(await overCrds({ webhook: { certificates: 'certManager' } })).toEqual([]);
  });

  test('are never wildcards but in the roles of people', async () => {
    expect(JSON.stringify(await rulesOf({ rbac: { aggregate: false } }))).not.toContain('"*"');
  });
});

test('capm3 without webhooks, or with certificates of cert-manager, has CRDs that fit', async () => {
  const crds = async (values: object) =>
    ofKind(await renderChart({ chart: 'capm3', namespace: plane.namespace, values }), 'CustomResourceDefinition');
  const injected = (await crds({ webhook: { certificates: 'certManager' } })).filter(
    ({ metadata }) =>
      metadata.annotations?.['cert-manager.io/inject-ca-from'] === `${plane.namespace}/capm3-webhook-certificates`,
  );
  expect(injected.length).toBeGreaterThan(0);
  expect(JSON.stringify(await crds({ webhook: { enabled: false } }))).not.toContain('"strategy":"Webhook"');
});

describe('rights', () => {
  interface Role extends Manifest {
    readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  }
  const granted = (manifests: readonly Manifest[], ...kinds: string[]) =>
    (ofKind(manifests, ...kinds) as unknown as readonly Role[])
      .filter(({ metadata }) => !metadata.name.endsWith('-check') && !/(view|edit|admin)$/.test(metadata.name))
      .flatMap(({ rules }) => rules);

  test('are never wildcards, and never over Secrets but its own', async () => {
    const rules = granted(await render(), 'Role', 'ClusterRole');
    expect(rules.filter(({ resources, verbs }) => [...resources, ...verbs].includes('*'))).toEqual([]);
    const secrets = rules.filter(({ resources }) => resources.includes('secrets'));
    expect(secrets).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['ipam-webhook-certificates'],
        verbs: ['get', 'patch'],
      },
    ]);
  });

  test('over webhook configurations are over its own, and none where cert-manager writes them', async () => {
    const own = granted(await render(), 'ClusterRole').filter(({ resources }) =>
      resources.includes('validatingwebhookconfigurations'),
    );
    expect(own).toMatchObject([{ resourceNames: [`${plane.namespace}-ipam`], verbs: ['get', 'patch'] }]);
    const rules = granted(await render({ webhook: { certificates: 'certManager' } }), 'Role', 'ClusterRole');
    expect(JSON.stringify(rules)).not.toMatch(/webhookconfigurations|secrets/);
  });

  test('in namespaced mode reach that namespace only, which alone is watched and checked', async () => {
    const manifests = await render({ rbac: { namespaces: ['tenant'] } });
    const everywhere = granted(manifests, 'ClusterRole');
    expect(everywhere.map(({ resources }) => resources).flat()).toEqual([
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
    ]);
    expect(ofKind(manifests, 'Role').map(({ metadata }) => metadata.namespace)).toContain('tenant');
    expect(JSON.stringify(ofKind(manifests, 'ConfigMap'))).toContain('namespace: tenant');
    expect(JSON.stringify(ofKind(manifests, 'ValidatingWebhookConfiguration'))).toContain('"values":["tenant"]');
  });

  test('in several namespaces are granted in each, all of which are watched and checked', async () => {
    const manifests = await render({ rbac: { namespaces: ['tenant', 'lab'] } });
    const roles = ofKind(manifests, 'Role').map(({ metadata }) => metadata.namespace);
    expect(roles).toEqual(expect.arrayContaining(['tenant', 'lab']));
    expect(JSON.stringify(ofKind(manifests, 'ConfigMap'))).toContain('namespace: tenant,lab');
    expect(JSON.stringify(ofKind(manifests, 'ValidatingWebhookConfiguration'))).toContain('"values":["tenant","lab"]');
  });

  test('over reviews of callers come with what needs them: gRPC for others, or diagnostics', async () => {
    const reviews = async (values?: object) =>
      granted(await render(values), 'ClusterRole')
        .flatMap(({ resources }) => resources)
        .includes('tokenreviews');
    expect(
      await Promise.all([
        reviews(),
        reviews({ tls: { secretName: 'grpc' } }),
        reviews({ config: { diagnostics: { address: ':8443' } } }),
      ]),
    ).toEqual([false, true, true]);
  });

  test('of people come with their roles in a namespace', async () => {
    const { namespace } = plane;
    await applyManifests(plane, ofKind(await render(), 'ClusterRole'));
    const names = ofKind(await render(), 'ClusterRole').map(({ metadata }) => metadata.name);
    expect(names.filter((name) => /-(view|edit|admin)$/.test(name))).toHaveLength(9);
    const labels = (
      await asAdmin(plane, 'GET', `/apis/rbac.authorization.k8s.io/v1/clusterroles/${namespace}-ipam-ippool-edit`)
    ).body;
    expect(labels).toMatchObject({
      metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } },
      rules: [{ resources: ['ippools'], verbs: expect.arrayContaining(['create', 'delete']) }, { verbs: ['get'] }],
    });
    for (const name of names) await asAdmin(plane, 'DELETE', `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`);
  });
});

test('CRDs stay when the release goes, unless told otherwise, and clusterctl finds them', async () => {
  const crds = ofKind(await render(), 'CustomResourceDefinition');
  expect(crds).toHaveLength(3);
  for (const { metadata } of crds) {
    expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    expect(metadata.labels).toMatchObject({
      'clusterctl.cluster.x-k8s.io': '',
      'cluster.x-k8s.io/provider': 'ipam-metal3',
    });
  }
  const gone = ofKind(await render({ crds: { keep: false } }), 'CustomResourceDefinition');
  expect(JSON.stringify(gone)).not.toContain('resource-policy');
});

test('NOTES say what to do next', async () => {
  const { helm } = await ensureBinaries({ names: ['helm'] });
  const args = [
    'install',
    'ipam',
    join(root, 'charts/ipam'),
    '--dry-run=client',
    '--namespace',
    'x',
    '--set',
    'crds.enabled=false',
  ];
  const { stdout } = await promisify(execFile)(helm, args, {
    env: { ...process.env, KUBECONFIG: plane.kubeconfigPath },
  });
  expect(stdout.slice(stdout.indexOf('NOTES:'))).toContain('helm --namespace x test ipam');
});
