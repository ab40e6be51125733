import { isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import { bareMetalHost } from '@metal3/metal3-api';

const lease: Kind<KubeObject> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
/** The Lease of a running bmo, upstream's or ours. */
const operatorLease = 'baremetal-operator';

/**
 * Makes sure that nobody's machines are touched by mistake: a cluster that already holds BareMetalHosts or a bmo's Lease is refused
 * unless the caller names a namespace and says yes.
 */
export async function refuseForeignCluster(
  client: KubeClient,
  { namespace, yes }: { readonly namespace: string | undefined; readonly yes: boolean },
): Promise<void> {
  const [hosts, leases] = await Promise.all([listOrNone(client, bareMetalHost), listOrNone(client, lease)]);
  const operators = leases.filter(({ metadata }) => metadata.name === operatorLease);
  const found = [
    ...(hosts.length === 0
      ? []
      : [`${hosts.length} BareMetalHosts (first: ${hosts[0]?.metadata.namespace}/${hosts[0]?.metadata.name})`]),
    ...operators.map(({ metadata }) => `the Lease ${metadata.namespace}/${metadata.name} of another bmo`),
  ];
  if (found.length === 0 || (namespace !== undefined && yes)) return;
  throw new Error(
    `this cluster already holds ${found.join(' and ')}: machines could be switched off or wiped. ` +
      'To go on all the same, name the namespace to work in and confirm: --namespace NAME --yes',
  );
}

async function listOrNone<T extends KubeObject>(client: KubeClient, kind: Kind<T>): Promise<readonly T[]> {
  try {
    return (await client.list(kind)).items;
  } catch (error) {
    // No such kind in this cluster yet.
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}
