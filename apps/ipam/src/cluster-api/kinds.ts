import type { Kind, KubeObject } from '@metal3/kube-client';
import type { CarriesV1Beta2Conditions, ClusterApiCondition, Condition } from '@metal3/kube-controller';

/** Versions of Cluster API's own kinds that we can speak, the best first. */
export const clusterApiVersions = ['v1beta2', 'v1beta1'] as const;
export type ClusterApiVersion = (typeof clusterApiVersions)[number];

interface PoolRef {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

/** ipam.cluster.x-k8s.io IPAddressClaim; v1beta1 has Cluster API's old conditions, and the new ones in `status.v1beta2`. */
export interface IPAddressClaim extends KubeObject {
  spec: { readonly clusterName?: string; readonly poolRef: PoolRef };
  status?: CarriesV1Beta2Conditions & {
    addressRef?: { name: string };
    conditions?: Condition[] | ClusterApiCondition[];
  };
}

/** ipam.cluster.x-k8s.io IPAddress. */
export interface ClusterApiIPAddress extends KubeObject {
  spec: {
    address: string;
    claimRef: { name: string };
    poolRef: PoolRef;
    prefix: number;
    gateway?: string;
  };
}

/** cluster.x-k8s.io Cluster, the part that pools look at. */
export interface Cluster extends KubeObject {
  readonly spec?: { readonly paused?: boolean };
}

const ipamGroup = 'ipam.cluster.x-k8s.io';

export const ipAddressClaim = {
  group: ipamGroup,
  version: 'v1beta2',
  kind: 'IPAddressClaim',
  plural: 'ipaddressclaims',
  namespaced: true,
  emptySpec: { poolRef: { kind: '', name: '' } },
} as const satisfies Kind<IPAddressClaim>;

export const clusterApiIpAddress = {
  group: ipamGroup,
  version: 'v1beta2',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: true,
  emptySpec: { address: '', claimRef: { name: '' }, poolRef: { kind: '', name: '' } },
} as const satisfies Kind<ClusterApiIPAddress>;

export const cluster = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  kind: 'Cluster',
  plural: 'clusters',
  namespaced: true,
} as const satisfies Kind<Cluster>;

/** Label on every object of a cluster; its value is the Cluster's name. */
export const clusterNameLabel = 'cluster.x-k8s.io/cluster-name';
