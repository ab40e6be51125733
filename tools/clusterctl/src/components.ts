import type { Manifest } from '@metal3/local-servers';

/** What Helm writes for itself. */
const helmLabels = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];

type Labelled = Manifest & { readonly spec?: { readonly template?: { readonly metadata?: Manifest['metadata'] } } };

/**
 * The components of a provider from what its chart renders: the Namespace first, then the objects without a namespace of their own, then
 * the rest; each with the provider's label and without Helm's.
 */
export function asComponents(
  manifests: readonly Manifest[],
  { namespace, label }: { readonly namespace: string; readonly label: string },
): readonly Manifest[] {
  const strangers = manifests.filter(({ metadata }) => (metadata.namespace ?? namespace) !== namespace);
  if (strangers.length > 0) {
    throw new Error(
      `clusterctl allows one namespace; ${strangers.map(({ metadata }) => metadata.name).join(', ')} lie elsewhere`,
    );
  }
  const home: Manifest = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  };
  const sorted = manifests.toSorted((a, b) => rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1));
  return [home, ...sorted].map((manifest) => ours(manifest, label));
}

function ours(manifest: Labelled, label: string): Manifest {
  const { metadata, spec } = manifest;
  const labels = { 'cluster.x-k8s.io/provider': label, ...withoutHelm(metadata.labels) };
  const pod = spec?.template?.metadata;
  return {
    ...manifest,
    metadata: { ...metadata, labels },
    ...(pod !== undefined && {
      spec: {
        ...spec,
        template: {
          ...spec?.template,
          metadata: { ...pod, labels: { ...withoutHelm(pod.labels), 'cluster.x-k8s.io/provider': label } },
        },
      },
    }),
  };
}

function withoutHelm(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !helmLabels.includes(name)));
}

function rank({ kind, metadata }: Manifest): number {
  if (kind === 'CustomResourceDefinition') return 0;
  return metadata.namespace === undefined ? 1 : 2;
}

function key({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}
