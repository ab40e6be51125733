import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, renderChart } from '@metal3/local-servers';
import { stringify } from 'yaml';
import { asComponents } from './components.ts';
import { metadataOf, type ReleaseSeries } from './metadata.ts';

const templatesFolder = join(import.meta.dirname, '../templates');

/** A provider of clusterctl that is made from one of our charts. */
export interface Provider {
  /** clusterctl's own label of it: type and name. Also the folder in a repository. */
  readonly label: string;
  readonly type: 'IPAMProvider' | 'InfrastructureProvider';
  readonly name: string;
  readonly chart: string;
  readonly componentsFile: string;
  /** Upstream's, so that one can take the place of the other. */
  readonly namespace: string;
  readonly values: object;
  readonly series: readonly ReleaseSeries[];
  /** Files in `templates/` that are published with it: for `clusterctl generate cluster`. */
  readonly templates?: readonly string[];
}

/** Upstream's series, for those who come from it, and ours. */
const ipamSeries: readonly ReleaseSeries[] = [
  { major: 0, minor: 1, contract: 'v1beta2' },
  ...[15, 14, 13].map((minor) => ({ major: 1, minor, contract: 'v1beta2' })),
  ...Array.from({ length: 12 }, (_, at) => ({ major: 1, minor: 12 - at, contract: 'v1beta1' })),
];

export const ipamProvider: Provider = {
  label: 'ipam-metal3',
  type: 'IPAMProvider',
  name: 'metal3',
  chart: 'ipam',
  componentsFile: 'ipam-components.yaml',
  namespace: 'metal3-ipam-system',
  values: {
    fullnameOverride: 'ipam-controller-manager',
    // clusterctl looks for the container of this name, to set images and arguments.
    containerName: 'manager',
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    // Kubernetes fills in the namespace, which people may choose when they install the provider.
    extraArgs: [
      '--webhooks-names=ipam-controller-manager.$(POD_NAMESPACE).svc',
      // Upstream's variables, and the port where people have their metrics scraped.
      '--diagnostics-address=${IPAM_DIAGNOSTICS_ADDRESS:=:8443}',
      '--insecure-diagnostics=${IPAM_INSECURE_DIAGNOSTICS:=false}',
    ],
    config: { diagnostics: { address: ':8443' } },
    ports: { diagnostics: 8443 },
    // clusterctl knows no hooks, and would take what Grafana fills in for variables of its own.
    check: { enabled: false },
    monitoring: { dashboard: false },
    crds: { keep: false },
  },
  series: ipamSeries,
};

/** The same of the infrastructure provider. */
const infrastructureSeries: readonly ReleaseSeries[] = [
  { major: 0, minor: 1, contract: 'v1beta2' },
  ...[14, 13].map((minor) => ({ major: 1, minor, contract: 'v1beta2' })),
  ...Array.from({ length: 12 }, (_, at) => ({ major: 1, minor: 12 - at, contract: 'v1beta1' })),
];

export const infrastructureProvider: Provider = {
  label: 'infrastructure-metal3',
  type: 'InfrastructureProvider',
  name: 'metal3',
  chart: 'capm3',
  componentsFile: 'infrastructure-components.yaml',
  namespace: 'capm3-system',
  values: {
    fullnameOverride: 'capm3-controller-manager',
    containerName: 'manager',
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    extraArgs: [
      '--webhooks-names=capm3-controller-manager.$(POD_NAMESPACE).svc',
      '--diagnostics-address=${CAPM3_DIAGNOSTICS_ADDRESS:=:8443}',
      '--insecure-diagnostics=${CAPM3_INSECURE_DIAGNOSTICS:=false}',
    ],
    config: { diagnostics: { address: ':8443' } },
    ports: { diagnostics: 8443 },
    // Upstream's variables, which people have in their clusterctl.yaml.
    extraEnv: [
      { name: 'CAPM3_FAST_TRACK', value: '${CAPM3_FAST_TRACK:=false}' },
      { name: 'ENABLE_BMH_NAME_BASED_PREALLOCATION', value: '${ENABLE_BMH_NAME_BASED_PREALLOCATION:=false}' },
    ],
    check: { enabled: false },
    monitoring: { dashboard: false },
    crds: { keep: false },
  },
  series: infrastructureSeries,
  templates: ['cluster-template.yaml'],
};

export interface ProviderRelease {
  /** Semantic version with a leading v, as clusterctl wants it. */
  readonly version: string;
  /** Replaces the image of the chart. */
  readonly image?: {
    readonly registry?: string;
    readonly repository?: string;
    readonly tag?: string;
    /** Wins over the tag. */
    readonly digest?: string;
  };
}

/** The files of a release of a provider, by name. Needs helm. */
export async function providerFiles(
  provider: Provider,
  { version, image = {} }: ProviderRelease,
): Promise<ReadonlyMap<string, string>> {
  const { chart, namespace, values, label, componentsFile, series, templates = [] } = provider;
  const tag = image.tag ?? version.replace(/^v/, '');
  // clusterctl replaces images by configuration, and for that wants their names whole; this is what an empty registry stands for.
  const registry = image.registry || 'docker.io';
  const manifests = await renderChart({ chart, namespace, values: { ...values, image: { ...image, registry, tag } } });
  const components = asComponents(manifests, { namespace, label });
  return new Map([
    [componentsFile, components.map(document).join('---\n')],
    ['metadata.yaml', metadataOf(version, series)],
    ...templates.map((name) => [name, readFileSync(join(templatesFolder, name), 'utf8')] as const),
  ]);
}

/** A text with a variable in it is quoted: what clusterctl puts there stays text. */
function document(manifest: Manifest): string {
  return stringify(manifest, { lineWidth: 0 }).replaceAll(/: (\$\{\w+:=\w*\})$/gm, ': "$1"');
}

/** The version of the app from which the chart is made. */
export function appVersion(root: string, { chart }: Provider): string {
  const { version } = JSON.parse(readFileSync(`${root}/apps/${chart}/package.json`, 'utf8')) as { version: string };
  return `v${version}`;
}
