import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-data-claim.ts';
import * as v1beta1 from './v1beta1/metal3-data-claim.ts';

export type Metal3DataClaimSpec = v1beta2.Metal3DataClaimSpec;

export type Metal3DataClaimStatus = v1beta2.Metal3DataClaimStatus;

/** A request of one machine for an index of a data template. */
export type Metal3DataClaim = Resource<v1beta2.Metal3DataClaimSpec, v1beta2.Metal3DataClaimStatus>;

/** Metal3DataClaim as clients of the deprecated v1beta1 see it. */
export type Metal3DataClaimV1Beta1 = Resource<v1beta1.Metal3DataClaimSpec, v1beta1.Metal3DataClaimStatus>;

export const metal3DataClaim = defineKind<Metal3DataClaim>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3DataClaim',
  plural: 'metal3dataclaims',
  singular: 'metal3dataclaim',
  shortNames: ['m3dc', 'm3dataclaim', 'm3dataclaims', 'metal3dc', 'metal3dataclaim'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3DataClaimSpec,
      status: v1beta1.Metal3DataClaimStatus,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3DataClaimSpec,
      status: v1beta2.Metal3DataClaimStatus,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'status',
    },
  ],
});
