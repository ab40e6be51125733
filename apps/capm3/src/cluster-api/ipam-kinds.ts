import type { Kind } from '@metal3/kube-client';
import type { Resource } from '@metal3/metal3-api';

/** A request for an address of any provider's pool (ipam.cluster.x-k8s.io/v1beta2). */
export type IPAddressClaim = Resource<
  { readonly poolRef: { readonly apiGroup: string; readonly kind: string; readonly name: string } },
  {
    readonly addressRef?: { readonly name: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  }
>;

/** The address that a provider gave. */
export type ClusterApiIPAddress = Resource<
  { readonly address: string; readonly prefix?: number; readonly gateway?: string },
  never
>;

const group = 'ipam.cluster.x-k8s.io';

export const ipAddressClaim: Kind<IPAddressClaim> = {
  group,
  version: 'v1beta2',
  kind: 'IPAddressClaim',
  plural: 'ipaddressclaims',
  namespaced: true,
};

export const clusterApiIPAddress: Kind<ClusterApiIPAddress> = {
  group,
  version: 'v1beta2',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: true,
};
