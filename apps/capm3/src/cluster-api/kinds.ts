import type { Kind } from '@metal3/kube-client';
import { findOwner, type ClusterApiCondition, type Condition } from '@metal3/kube-controller';
import type { ObjectMeta, Resource } from '@metal3/metal3-api';

/** Conditions of the v1beta1 contract. */
interface DeprecatedConditions {
  deprecated?: { v1beta1?: { conditions?: ClusterApiCondition[] } };
}

/** What this provider reads of a Cluster (cluster.x-k8s.io/v1beta2). */
export type Cluster = Resource<
  {
    readonly paused?: boolean;
    readonly infrastructureRef?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
  },
  DeprecatedConditions & { readonly initialization?: { readonly infrastructureProvisioned?: boolean } }
>;

/** What this provider reads of a Machine (cluster.x-k8s.io/v1beta2). */
export type Machine = Resource<
  {
    readonly clusterName: string;
    readonly failureDomain?: string;
    readonly providerID?: string;
    readonly infrastructureRef?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
    readonly bootstrap: {
      readonly configRef?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
      readonly dataSecretName?: string;
    };
  },
  DeprecatedConditions & { readonly nodeRef?: { readonly name: string }; conditions?: Condition[] }
>;

const group = 'cluster.x-k8s.io';

export const cluster: Kind<Cluster> = {
  group,
  version: 'v1beta2',
  kind: 'Cluster',
  plural: 'clusters',
  namespaced: true,
};
export const machine: Kind<Machine> = {
  group,
  version: 'v1beta2',
  kind: 'Machine',
  plural: 'machines',
  namespaced: true,
};

/** Label on every object of a cluster; its value is the Cluster's name. */
export const clusterNameLabel = 'cluster.x-k8s.io/cluster-name';
/** Any value pauses the object that carries it. */
export const pausedAnnotation = 'cluster.x-k8s.io/paused';
/** Somebody else reports the status of an infrastructure cluster that carries it. */
export const managedByAnnotation = 'cluster.x-k8s.io/managed-by';

/** Name of the owner of `kind` in the core Cluster API group, whatever version its reference was written with. */
export function ownerName(metadata: ObjectMeta, kind: 'Cluster' | 'Machine'): string | undefined {
  return findOwner({ metadata }, group, kind)?.name;
}

/**
 * Whether the infrastructure of a cluster is there. Contract v1beta2 first; the deprecated condition for
 * servers that still run the v1beta1 contract.
 */
export function infrastructureProvisioned({ status }: Cluster): boolean {
  return (
    status?.initialization?.infrastructureProvisioned === true ||
    (status?.deprecated?.v1beta1?.conditions ?? []).some(
      ({ type, status: value }) => type === 'InfrastructureReady' && value === 'True',
    )
  );
}

export function isPaused(object: { readonly metadata: ObjectMeta }, owner: Cluster | undefined): boolean {
  return owner?.spec.paused === true || object.metadata.annotations?.[pausedAnnotation] !== undefined;
}

/** A Cluster as consumer of a host. */
export function clusterReference({ metadata: { name = '', namespace = '' } }: Cluster) {
  return { apiVersion: `${cluster.group}/${cluster.version}`, kind: cluster.kind, name, namespace };
}
