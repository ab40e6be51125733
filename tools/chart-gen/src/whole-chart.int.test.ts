// The chart metal3: six charts in one release.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  applyManifests,
  type Manifest,
  renderChart,
  testControlPlane,
  type TestControlPlane,
} from '@metal3/local-servers';
import { parse } from 'yaml';
import { charts, wholeChart } from './artefacts.ts';

const root = join(import.meta.dirname, '../../..');
type Values = Readonly<Record<string, unknown>>;
const readYaml = (path: string) => parse(readFileSync(join(root, 'charts', path), 'utf8')) as Values;

const boot = { externalApiUrl: 'http://192.0.2.11:6385' };
const site = {
  components: { capm3: true },
  'ironic-api': { conductor: { config: { boot } } },
  'ironic-conductor': { config: { boot } },
  'pxe-server': { config: { http: { url: 'http://192.0.2.12:6180' } } },
};

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await testControlPlane();
}, 600_000);

/** As Helm does: maps are merged, all else is replaced. */
function merged(...all: readonly Values[]): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return all.reduce((into, values) => {
    const result: Record<string, unknown> = { ...into };
    for (const [name, value] of Object.entries(values)) {
      const before = result[name];
      result[name] = isMap(before) && isMap(value) ? merged(before, value) : value;
    }
    return result;
  }, {});
}

const render = (chart: string, values: Values, apiVersions: readonly string[] = []) =>
  renderChart({ chart, release: wholeChart, namespace: plane.namespace, values, apiVersions });
const named = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const byName = (manifests: readonly Manifest[]) => new Map(manifests.map((manifest) => [named(manifest), manifest]));

describe.each(['tiny', 'replicas'])('with profile %s', (profile) => {
  const values = merged(readYaml(`${wholeChart}/profiles/${profile}.yaml`), site);
  let objects: ReadonlyMap<string, Manifest>;
  beforeAll(async () => {
    objects = byName(await render(wholeChart, values));
  });

  test('it is what the charts of its components are with the values under their names, and one certificate', async () => {
    const all = merged(readYaml(`${wholeChart}/values.yaml`), values);
    const installed = all['components'] as Readonly<Record<string, boolean>>;
    const parts = new Map<string, Manifest>();
    for (const chart of charts.filter((name) => installed[name])) {
      for (const [name, part] of byName(await render(chart, all[chart] as Values))) parts.set(name, part);
    }
    const added = [...objects.keys()].filter((name) => !parts.has(name));
    expect(added).toEqual([`Secret ${plane.namespace}/metal3-tls`]);
    for (const [name, part] of parts) expect([name, objects.get(name)]).toEqual([name, part]);
  });

  test('the API server accepts every object', async () => {
    await applyManifests(plane, [...objects.values()], { dryRun: true, namespace: plane.namespace });
  });
});

test('the pod of profile tiny is that of the profile of ironic-api', () => {
  const whole = readYaml(`${wholeChart}/profiles/tiny.yaml`)['ironic-api'] as Values;
  const own = readYaml('ironic-api/profiles/tiny.yaml');
  const { existingClaim: _, ...persistence } = own['persistence'] as Values;
  expect(whole).toEqual({ ...own, persistence: { ...persistence, create: true } });
});

test('its certificate is one of mutual TLS for all components, whatever they are called by in the cluster', async () => {
  const values = merged(readYaml(`${wholeChart}/profiles/tiny.yaml`), site);
  const [secret] = (await render(wholeChart, values)).filter(({ metadata }) => metadata.name === 'metal3-tls');
  const data = (secret as unknown as { readonly data: Readonly<Record<string, string>> }).data;
  const certificate = (name: string) => new X509Certificate(Buffer.from(data[name] ?? '', 'base64'));
  const own = certificate('tls.crt');
  expect(own.verify(certificate('ca.crt').publicKey)).toBe(true);
  expect(own.subject).toContain('CN=metal3');
  for (const name of charts) {
    for (const called of [name, `${name}.${plane.namespace}`, `${name}.${plane.namespace}.svc`])
      expect([called, own.checkHost(called)]).toEqual([called, called]);
  }
  // Of extended key usages, those of a server and of a client.
  expect(own.keyUsage.toSorted()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
});

describe('certificates', () => {
  const values = merged(readYaml(`${wholeChart}/profiles/tiny.yaml`), site);
  const certificates = async (tls: Values) =>
    (await render(wholeChart, merged(values, { tls }), ['cert-manager.io/v1']))
      .filter(({ kind, metadata }) => /Issuer|Certificate/.test(kind) || metadata.name === 'metal3-tls')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

  test('come from an authority of the release, by cert-manager', async () => {
    expect((await certificates({ certificates: 'certManager' })).toSorted()).toEqual([
      'Certificate metal3-services',
      'Certificate metal3-tls',
      'Issuer metal3-services',
      'Issuer metal3-services-root',
    ]);
  });

  test('come from an issuer that is named, by cert-manager', async () => {
    const issuerRef = { kind: 'ClusterIssuer', name: 'corporate' };
    expect(await certificates({ certificates: 'certManager', issuerRef })).toEqual(['Certificate metal3-tls']);
  });

  test('may be there already', async () => {
    expect(await certificates({ certificates: 'existingSecret' })).toEqual([]);
  });
});

test('a mirror and its account are set in one place', async () => {
  const global = { imageRegistry: 'mirror.example.com/metal3', imagePullSecrets: [{ name: 'mirror' }] };
  const manifests = await render(wholeChart, merged(readYaml(`${wholeChart}/profiles/tiny.yaml`), site, { global }));
  const pods = manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((manifest) => JSON.stringify(manifest));
  expect(pods.length).toBeGreaterThan(5);
  for (const pod of pods) {
    expect([...pod.matchAll(/"image":"([^"]+)"/g)].every(([, image]) => image?.startsWith(global.imageRegistry))).toBe(
      true,
    );
    expect(pod).toContain('"imagePullSecrets":[{"name":"mirror"}]');
  }
});

test.each<[string, Values, RegExp]>([
  ['a component that there is not', { components: { irnoic: true } }, /irnoic/],
  ['a value that it does not know', { tls: { secretName: 'x' } }, /secretName/],
  ['a value that no component knows', { bmo: { replica: 1 } }, /replica/],
  ['a missing address', { 'pxe-server': { config: { http: { url: '' } } } }, /pxe-server\.config\.http\.url: machines/],
  [
    'a missing database',
    { 'ironic-api': { store: { secretName: '' } } },
    /ironic-api\.store\.secretName: ironic-api needs/,
  ],
])('%s is refused by its path', async (_what, values, words) => {
  const whole = merged(readYaml(`${wholeChart}/profiles/replicas.yaml`), site, values);
  await expect(render(wholeChart, whole)).rejects.toThrow(words);
});
