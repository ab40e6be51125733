import type { Kind, KubeObject } from '@metal3/kube-client';

/** Cluster API's kinds as its release serves them, written down here again so that a journey does not believe the service about them. */
const clusterApi = { version: 'v1beta2', namespaced: true } as const;
const ipam = { ...clusterApi, group: 'ipam.cluster.x-k8s.io' } as const;

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface IPAddressClaim extends KubeObject {
  spec: {
    clusterName?: string;
    poolRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  };
  status?: { addressRef?: { readonly name: string }; conditions?: readonly Condition[] };
}

export interface ClusterApiAddress extends KubeObject {
  spec: {
    address: string;
    prefix: number;
    gateway?: string;
    claimRef: { readonly name: string };
    poolRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  };
}

export interface Cluster extends KubeObject {
  spec: {
    paused?: boolean;
    controlPlaneEndpoint?: { host: string; port: number };
    infrastructureRef?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  };
  status?: { conditions?: readonly Condition[] };
}

export const ipAddressClaim: Kind<IPAddressClaim> = { ...ipam, kind: 'IPAddressClaim', plural: 'ipaddressclaims' };
export const clusterApiAddress: Kind<ClusterApiAddress> = { ...ipam, kind: 'IPAddress', plural: 'ipaddresses' };
export const cluster: Kind<Cluster> = {
  ...clusterApi,
  group: 'cluster.x-k8s.io',
  kind: 'Cluster',
  plural: 'clusters',
};
