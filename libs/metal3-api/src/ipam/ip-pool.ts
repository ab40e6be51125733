import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, mapOf, timestamp, type Static } from '../schema.ts';
import { IpAddressText } from '../shapes.ts';

export const IPPoolSpec = Type.Object({
  allocationStrategy: Type.Optional(choice(['sequential', 'random'], { default: 'sequential' })),
  clusterName: Type.Optional(Type.String()),
  dnsServers: Type.Optional(Type.Array(IpAddressText)),
  gateway: Type.Optional(IpAddressText),
  namePrefix: Type.String({ description: 'First part of the name of every address object.', minLength: 1 }),
  pools: Type.Optional(
    Type.Array(
      Type.Object({
        dnsServers: Type.Optional(Type.Array(IpAddressText)),
        end: Type.Optional(IpAddressText),
        gateway: Type.Optional(IpAddressText),
        prefix: Type.Optional(Type.Integer({ maximum: 128 })),
        start: Type.Optional(IpAddressText),
        subnet: Type.Optional(
          Type.String({
            pattern:
              '((^((([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))/([0-9]|[1-2][0-9]|3[0-2])$)|(^(([0-9a-fA-F]{1,4}:){7,7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:((:[0-9a-fA-F]{1,4}){1,7}|:))/([0-9]|[0-9][0-9]|1[0-1][0-9]|12[0-8])$))',
          }),
        ),
      }),
      { description: 'Ranges, used in order.' },
    ),
  ),
  preAllocations: Type.Optional(mapOf(IpAddressText, { description: 'Addresses kept for claims with these names.' })),
  prefix: Type.Optional(Type.Integer({ maximum: 128 })),
});
export type IPPoolSpec = Static<typeof IPPoolSpec>;

export const IPPoolStatus = Type.Object({
  indexes: Type.Optional(mapOf(IpAddressText, { description: 'Claim name to address, of every address in use.' })),
  lastUpdated: Type.Optional(timestamp()),
});
export type IPPoolStatus = Static<typeof IPPoolStatus>;

/** Ranges of addresses from which claims are served. */
export type IPPool = Resource<IPPoolSpec, IPPoolStatus>;

export const ipPool = defineKind<IPPool>({
  group: 'ipam.metal3.io',
  kind: 'IPPool',
  plural: 'ippools',
  singular: 'ippool',
  shortNames: ['ipp', 'ippool', 'm3ipp', 'm3ippool', 'm3ippools', 'metal3ipp', 'metal3ippool', 'metal3ippools'],
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
      spec: IPPoolSpec,
      status: IPPoolStatus,
      columns: [
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
  ],
});
