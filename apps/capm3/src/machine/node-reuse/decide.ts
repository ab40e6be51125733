import type { ObjectMeta } from '@metal3/kube-client';

type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

const longestLabel = 63;

export interface ReuseObservation {
  /** Owners of the Machine. */
  readonly owners: readonly OwnerReference[];
  /** Owners of its MachineSet, if it has one. */
  readonly ownersOfSet: readonly OwnerReference[];
}

/**
 * For whom a released host may be kept: `cp-<control plane>` or `md-<MachineDeployment>`, the value of the node-reuse label. Undefined
 * for machines that no such owner will replace, and where the name is too long for a label.
 */
export function reuseKey({ owners, ownersOfSet }: ReuseObservation): string | undefined {
  const controlPlane = owners.find(({ apiVersion }) => apiVersion.startsWith('controlplane.cluster.x-k8s.io/'));
  const deployment = ownersOfSet.find(({ kind }) => kind === 'MachineDeployment');
  const key = controlPlane ? `cp-${controlPlane.name}` : deployment && `md-${deployment.name}`;
  return key !== undefined && key.length <= longestLabel ? key : undefined;
}
