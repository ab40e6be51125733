import { defineKind, type Resource } from '../kind.ts';
import { Type, type Static } from '../schema.ts';
import { Condition, ObjectReference } from '../shapes.ts';

export const IPClaimSpec = Type.Object({
  pool: { ...ObjectReference, description: 'The IPPool, in the namespace of the claim, that serves it.' },
});
export type IPClaimSpec = Static<typeof IPClaimSpec>;

export const IPClaimStatus = Type.Object({
  address: Type.Optional({ ...ObjectReference, description: 'The IPAddress object that the claim has been given.' }),
  conditions: Type.Optional(
    Type.Array(Condition, {
      description: 'Ready says whether the claim has its address, and if not why.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
  errorMessage: Type.Optional(
    Type.String({ description: 'Why the claim has no address. It is tried again when that changes.' }),
  ),
});
export type IPClaimStatus = Static<typeof IPClaimStatus>;

/** A request for one address of a pool. */
export type IPClaim = Resource<IPClaimSpec, IPClaimStatus>;

export const ipClaim = defineKind<IPClaim>({
  group: 'ipam.metal3.io',
  kind: 'IPClaim',
  plural: 'ipclaims',
  singular: 'ipclaim',
  shortNames: ['ipc', 'ipclaim', 'm3ipc', 'm3ipclaim', 'm3ipclaims', 'metal3ipc', 'metal3ipclaim', 'metal3ipclaims'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'ipam-metal3',
    'cluster.x-k8s.io/v1alpha2': 'v1alpha2',
    'cluster.x-k8s.io/v1alpha3': 'v1alpha3_v1alpha4',
    'cluster.x-k8s.io/v1alpha4': 'v1alpha5',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
  },
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: IPClaimSpec,
      status: IPClaimStatus,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'status',
    },
  ],
});
