import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { asAdmin, ensureBinaries, testControlPlane, type TestControlPlane } from '@metal3/local-servers';
import { parse, parseAllDocuments } from 'yaml';
import { chartArtefacts } from './artefacts.ts';

const root = join(import.meta.dirname, '../../..');
const charts = ['bmo', 'capm3', 'ipam', 'ironic-api', 'ironic-conductor', 'pxe-server'];
const run = promisify(execFile);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What a chart asks for by name before it renders anything. */
const ownPods = ['--set', 'store.secretName=ironic-store', '--set', 'tls.secretName=metal3-tls'];
const required: Readonly<Record<string, readonly string[]>> = {
  'ironic-api': ownPods,
  'ironic-conductor': [...ownPods, '--set', 'config.boot.externalApiUrl=http://192.0.2.1:6385'],
};

let helm: string;
let plane: TestControlPlane;

beforeAll(async () => {
  ({ helm } = (await ensureBinaries({ names: ['helm'] })) as { helm: string });
  plane = await testControlPlane();
}, 600_000);

const template = async (chart: string, ...args: readonly string[]): Promise<readonly Manifest[]> => {
  const { stdout } = await run(
    helm,
    [
      'template',
      'test',
      join(root, 'charts', chart),
      '--namespace',
      plane.namespace,
      ...(required[chart] ?? []),
      ...args,
    ],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);
};

test('values.schema.json of every chart is what its service prints (npm run chart-gen writes it)', async () => {
  for (const [path, content] of await chartArtefacts()) {
    expect({ path, content: readFileSync(join(root, path), 'utf8') }).toEqual({ path, content });
  }
}, 60_000);

describe.each(charts)('chart %s', (chart) => {
  test('passes helm lint', async () => {
    const { stdout } = await run(helm, ['lint', '--strict', join(root, 'charts', chart)]);
    expect(stdout).toContain('0 chart(s) failed');
  });

  test.each([
    ['its default values', []],
    ['mutual TLS', ['--set', 'tls.secretName=metal3-tls']],
    [
      'one replica and no policies',
      ['--set', 'replicas=1', '--set', 'networkPolicy.enabled=false', '--set', 'podDisruptionBudget.enabled=false'],
    ],
  ])('with %s the API server accepts every object', async (_values, args) => {
    const manifests = (await template(chart, ...args)).filter(({ kind }) => kind !== 'CustomResourceDefinition');
    expect(manifests.length).toBeGreaterThan(3);
    for (const manifest of manifests) {
      const reply = await asAdmin(
        plane,
        'PATCH',
        `${pathOf(manifest)}?dryRun=All&fieldManager=test&force=true&fieldValidation=Strict`,
        manifest,
        'application/apply-patch+yaml',
      );
      expect({ kind: manifest.kind, status: reply.status, body: reply.status > 201 ? reply.body : undefined }).toEqual({
        kind: manifest.kind,
        status: expect.any(Number),
        body: undefined,
      });
    }
  });

  test('a value it does not know is refused by name', async () => {
    const refusal = await template(chart, '--set', 'config.nonsense=1').then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refusal).toContain('nonsense');
  });

  test('the pod cannot write its image, gain privileges or run as root', async () => {
    const [deployment] = (await template(chart)).filter(({ kind }) => kind === 'Deployment') as unknown as [
      { spec: { template: { spec: { securityContext: object; containers: { securityContext: object }[] } } } },
    ];
    const { spec } = deployment.spec.template;
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });
});

test.each(['bmo', 'capm3', 'ipam'])(
  'the chart %s ships its CRDs as templates and can leave them out',
  async (chart) => {
    const files = readdirSync(join(root, 'charts', chart, 'files/crds'));
    const crds = async (...args: string[]) =>
      (await template(chart, ...args)).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(await crds()).toHaveLength(files.length);
    expect(await crds('--set', 'crds.enabled=false')).toHaveLength(0);
  },
);

test.each(['bmo', 'capm3'])(
  'the webhook certificate of %s is for the name that the API server calls',
  async (chart) => {
    const manifests = await template(chart);
    const [config] = manifests.filter(({ kind }) => kind === 'ConfigMap') as unknown as [
      { data: Record<string, string> },
    ];
    const { webhooks } = parse(config.data['config.yaml'] ?? '') as {
      webhooks: { names: string[]; configuration?: string };
    };
    expect(webhooks.names).toEqual([`test-${chart}.${plane.namespace}.svc`]);
    const called = JSON.stringify(manifests.filter(({ kind }) => /CustomResourceDefinition|Webhook/.test(kind)));
    expect(called).toContain(`"service":{"name":"test-${chart}","namespace":"${plane.namespace}"`);
    const registered = manifests.find(({ kind }) => kind === 'ValidatingWebhookConfiguration');
    expect(webhooks.configuration).toBe(registered?.metadata.name);
  },
);

test('restricted to namespaces, bmo gets no cluster-wide right to secrets', async () => {
  const manifests = await template('bmo', '--set', 'rbac.namespaces={metal3}');
  const cluster = manifests.filter(({ kind }) => kind === 'ClusterRole');
  expect(JSON.stringify(cluster)).not.toContain('secrets');
});

const resources: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  NetworkPolicy: 'networkpolicies',
  PodDisruptionBudget: 'poddisruptionbudgets',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};

function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = resources[kind];
  if (plural === undefined) throw new Error(`a chart renders a ${kind}: add its plural here`);
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${base}${namespace}/${plural}/${metadata.name}`;
}
