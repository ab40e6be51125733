import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  ensureBinaries,
  type Manifest,
  renderChart,
  testControlPlane,
  type TestControlPlane,
} from '@metal3/local-servers';
import { parse } from 'yaml';
import { chartArtefacts, charts } from './artefacts.ts';
import { valueSets } from './value-sets.ts';

const root = join(import.meta.dirname, '../../..');
const operators = ['bmo', 'capm3', 'ipam'];
const run = promisify(execFile);

let helm: string;
let plane: TestControlPlane;

beforeAll(async () => {
  ({ helm } = (await ensureBinaries({ names: ['helm'] })) as { helm: string });
  plane = await testControlPlane();
}, 600_000);

/** Charts as they are by default: rendered once for all tests that look at them. */
const defaults = new Map<string, Promise<readonly Manifest[]>>();
function byDefault(chart: string): Promise<readonly Manifest[]> {
  const rendered = defaults.get(chart) ?? template(chart);
  defaults.set(chart, rendered);
  return rendered;
}

/** With values on top of what the chart takes to be installed at all. */
function template(chart: string, values: object = {}): Promise<readonly Manifest[]> {
  const required = valueSets[chart]?.['default']?.values;
  return renderChart({ chart, release: 'test', namespace: plane.namespace, values: { ...required, ...values } });
}

test('values.schema.json and README.md are what services and values.yaml say (npm run chart-gen writes them)', async () => {
  for (const [path, content] of await chartArtefacts()) {
    expect({ path, content: readFileSync(join(root, path), 'utf8') }).toEqual({ path, content });
  }
});

describe.each(charts)('chart %s', (chart) => {
  test('passes helm lint', async () => {
    const { stdout } = await run(helm, ['lint', '--strict', join(root, 'charts', chart)]);
    expect(stdout).toContain('0 chart(s) failed');
  });

  test('a value it does not know is refused by name', async () => {
    const refusal = await template(chart, { config: { nonsense: 1 } }).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refusal).toContain('nonsense');
  });

  test('the pod cannot write its image, gain privileges or run as root', async () => {
    const [deployment] = (await byDefault(chart)).filter(({ kind }) => kind === 'Deployment') as unknown as [
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

test.each(operators)('the chart %s ships its CRDs as templates and can leave them out', async (chart) => {
  const files = readdirSync(join(root, 'charts', chart, 'files/crds'));
  const crds = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(crds(await byDefault(chart))).toHaveLength(files.length);
  expect(crds(await template(chart, { crds: { enabled: false } }))).toEqual([]);
});

test.each(operators)('the webhook certificate of %s is for the name that the API server calls', async (chart) => {
  const manifests = await byDefault(chart);
  const config = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `test-${chart}`,
  ) as unknown as {
    data: Record<string, string>;
  };
  const { webhooks } = parse(config.data['config.yaml'] ?? '') as {
    webhooks: { names: string[]; configuration?: string };
  };
  expect(webhooks.names).toEqual([`test-${chart}.${plane.namespace}.svc`]);
  const called = JSON.stringify(manifests.filter(({ kind }) => /CustomResourceDefinition|Webhook/.test(kind)));
  expect(called).toContain(`"service":{"name":"test-${chart}","namespace":"${plane.namespace}"`);
  const registered = manifests.find(({ kind }) => kind === 'ValidatingWebhookConfiguration');
  expect(webhooks.configuration).toBe(registered?.metadata.name);
});

test.each([
  ['bmo', 'baremetalhosts'],
  ['capm3', 'metal3machines'],
])('with %s installed, whoever may edit a namespace may edit %s there', async (chart, plural) => {
  const editing = (manifests: readonly Manifest[]) =>
    manifests.filter(
      ({ kind, metadata }) =>
        kind === 'ClusterRole' && metadata.labels?.['rbac.authorization.k8s.io/aggregate-to-edit'] === 'true',
    ) as unknown as readonly { readonly rules: readonly { resources: string[]; verbs: string[] }[] }[];
  const rules = editing(await byDefault(chart)).flatMap((role) => role.rules);
  expect(rules.find(({ resources }) => resources.includes(plural))?.verbs).toEqual(
    expect.arrayContaining(['get', 'create', 'update', 'delete']),
  );
  expect(editing(await template(chart, { crds: { enabled: false }, rbac: { aggregate: false } }))).toEqual([]);
});

test('clusterctl move finds hosts, what they own and their hardware, and the kinds of capm3', async () => {
  const crds = (await Promise.all(['bmo', 'capm3'].map(byDefault)))
    .flat()
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
  const labelled = (label: string) =>
    crds.filter(({ metadata }) => metadata.labels?.[label] === '').map(({ metadata }) => metadata.name.split('.')[0]);
  expect(labelled('clusterctl.cluster.x-k8s.io/move-hierarchy')).toEqual(['baremetalhosts']);
  expect(labelled('clusterctl.cluster.x-k8s.io/move')).toEqual([
    'baremetalhosts',
    'hardwaredata',
    'metal3datatemplates',
  ]);
  expect(labelled('clusterctl.cluster.x-k8s.io')).toEqual(
    expect.arrayContaining(['baremetalhosts', 'hardwaredata', 'metal3clusters', 'metal3machines', 'metal3datas']),
  );
});

test('restricted to namespaces, bmo gets no cluster-wide right to secrets', async () => {
  const manifests = await template('bmo', { crds: { enabled: false }, rbac: { namespaces: ['metal3'] } });
  const cluster = manifests.filter(({ kind }) => kind === 'ClusterRole');
  expect(JSON.stringify(cluster)).not.toContain('secrets');
});

test('pxe-server gets its certificate for virtual media from a Secret, and is refused without the URL it is reached under', async () => {
  const https = { secretName: 'media-tls', port: 6183 };
  const http = { url: 'http://192.0.2.1:6180' };
  await expect(template('pxe-server', { https })).rejects.toThrow(/set config.https.url too/);
  const manifests = await template('pxe-server', { https, config: { http, https: { url: 'https://192.0.2.1:6183' } } });
  const text = JSON.stringify(manifests);
  expect(text).toContain('"secretName":"media-tls"');
  expect(text).toContain('certFile: /etc/metal3/https/tls.crt');
  expect(text).toContain('"containerPort":6183');
});

test('several replicas of pxe-server that give addresses elect one of them, with the rights for one Lease and no more', async () => {
  const subnets = [{ network: '192.0.2.0/24', ranges: ['192.0.2.100-192.0.2.199'] }];
  const dhcp = { mode: 'server', listen: '192.0.2.0/24', subnets };
  const values = { replicas: 2, config: { http: { url: 'http://192.0.2.1:6180' }, dhcp } };
  const manifests = await template('pxe-server', values);
  expect(JSON.stringify(manifests)).toMatch(/dhcpDuty:\\n {2}by: lease\\n {2}lease: test-pxe-server-dhcp/);
  const found = (kind: string) => manifests.find((one) => one.kind === kind) as unknown as { rules: unknown; spec: { strategy: unknown; template: { spec: object } } }; // prettier-ignore
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  expect(found('Role').rules).toEqual([
    { ...leases, verbs: ['create'] },
    { ...leases, resourceNames: ['test-pxe-server-dhcp'], verbs: ['get', 'update'] },
  ]);
  expect(found('Deployment').spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }); // prettier-ignore
  expect(found('Deployment').spec.template.spec).toMatchObject({ hostNetwork: true, automountServiceAccountToken: true }); // prettier-ignore

  const alone = await template('pxe-server', { ...values, replicas: 1 });
  expect(alone.filter(({ kind }) => kind === 'Role')).toEqual([]);
  const one = { ...values, config: { ...values.config, dhcp: { ...dhcp, listen: '192.0.2.1' } } };
  await expect(template('pxe-server', one)).rejects.toThrow(/config.dhcp.listen: replicas run on different nodes/);
  const six = {
    ...values,
    config: { ...values.config, dhcp: {}, dhcp6: { mode: 'server', interface: 'eth0', address: '2001:db8::1' } },
  };
  await expect(template('pxe-server', six)).rejects.toThrow(/config.dhcp6.address: replicas run on different nodes/);
  const forced = { ...values, config: { ...values.config, dhcpDuty: { by: 'configuration' } } };
  await expect(template('pxe-server', forced)).rejects.toThrow(/config.dhcpDuty.by/);
});
