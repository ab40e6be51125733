import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, mapOf, timestamp, type Static } from '../schema.ts';
import { Condition, IpAddressText } from '../shapes.ts';

export const IPPoolSpec = Type.Object({
  allocationStrategy: Type.Optional(
    choice(['sequential', 'random'], {
      default: 'sequential',
      description: 'How the next address of a range is chosen: the first free one, or one from a random place on.',
    }),
  ),
  clusterName: Type.Optional(
    Type.String({ description: 'The Cluster that the pool belongs to. It is served once the Cluster is there.' }),
  ),
  dnsServers: Type.Optional(
    Type.Array(IpAddressText, { description: 'Name servers of addresses whose range names none of its own.' }),
  ),
  gateway: Type.Optional({ ...IpAddressText, description: 'Gateway of addresses whose range names none of its own.' }),
  namePrefix: Type.String({ description: 'First part of the name of every address object.', minLength: 1 }),
  pools: Type.Optional(
    Type.Array(
      Type.Object({
        dnsServers: Type.Optional(
          Type.Array(IpAddressText, { description: 'Name servers, in place of those of the pool.' }),
        ),
        end: Type.Optional({ ...IpAddressText, description: 'Last address that is given out.' }),
        gateway: Type.Optional({ ...IpAddressText, description: 'Gateway, in place of that of the pool.' }),
        prefix: Type.Optional(
          Type.Integer({ maximum: 128, description: 'Length of the network prefix, in place of that of the pool.' }),
        ),
        start: Type.Optional({ ...IpAddressText, description: 'First address that is given out.' }),
        subnet: Type.Optional(
          Type.String({
            description:
              'Addresses given out lie in it. Without a start the first is the one after the address written here.',
            pattern:
              '((^((([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))/([0-9]|[1-2][0-9]|3[0-2])$)|(^(([0-9a-fA-F]{1,4}:){7,7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:((:[0-9a-fA-F]{1,4}){1,7}|:))/([0-9]|[0-9][0-9]|1[0-1][0-9]|12[0-8])$))',
          }),
        ),
      }),
      { description: 'Ranges, used in order.' },
    ),
  ),
  preAllocations: Type.Optional(mapOf(IpAddressText, { description: 'Addresses kept for claims with these names.' })),
  prefix: Type.Optional(
    Type.Integer({ maximum: 128, description: 'Prefix length of addresses whose range names none of its own.' }),
  ),
});
export type IPPoolSpec = Static<typeof IPPoolSpec>;

const counts = {
  total: Type.Integer({ format: 'int64', description: 'Addresses there are; 2^53 - 1 stands for that many and more.' }),
  used: Type.Integer({ format: 'int64', description: 'Addresses in use.' }),
  reserved: Type.Integer({ format: 'int64', description: 'Addresses kept by preAllocations and not in use.' }),
  free: Type.Integer({ format: 'int64', description: 'Addresses that any claim may get.' }),
};

export const IPPoolStatus = Type.Object({
  addresses: Type.Optional(Type.Object(counts, { description: 'How many addresses the ranges offer together.' })),
  conditions: Type.Optional(
    Type.Array(Condition, {
      description: 'Ready: claims are served. IndexesTruncated: there are more addresses in use than indexes tells.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
  indexes: Type.Optional(
    mapOf(IpAddressText, { description: 'Claim name to address, of up to 10,000 addresses in use.' }),
  ),
  lastUpdated: Type.Optional(timestamp({ description: 'When the status last changed.' })),
  ranges: Type.Optional(
    Type.Array(
      Type.Object({ range: Type.String({ description: 'First and last address, with a dash between.' }), ...counts }),
      { description: 'The same for each entry of spec.pools.' },
    ),
  ),
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
