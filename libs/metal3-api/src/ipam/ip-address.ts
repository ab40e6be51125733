import { defineKind, type Resource } from '../kind.ts';
import { Type, type Static } from '../schema.ts';
import { IpAddressText, ObjectReference } from '../shapes.ts';

export const IPAddressSpec = Type.Object({
  address: { ...IpAddressText, description: 'The address, without prefix length.' },
  claim: { ...ObjectReference, description: 'The claim that has it.' },
  dnsServers: Type.Optional(Type.Array(IpAddressText, { description: 'Name servers for whoever uses the address.' })),
  gateway: Type.Optional({ ...IpAddressText, description: 'Gateway for whoever uses the address.' }),
  pool: { ...ObjectReference, description: 'The pool that it comes from.' },
  prefix: Type.Optional(Type.Integer({ maximum: 128, description: 'Length of its network prefix.' })),
});
export type IPAddressSpec = Static<typeof IPAddressSpec>;

/** One address given to one claim. */
export type IPAddress = Resource<IPAddressSpec, never>;

export const ipAddress = defineKind<IPAddress>({
  group: 'ipam.metal3.io',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: [
    'ipa',
    'ipaddress',
    'm3ipa',
    'm3ipaddress',
    'm3ipaddresses',
    'metal3ipa',
    'metal3ipaddress',
    'metal3ipaddresses',
  ],
  categories: ['metal3'],
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
      spec: IPAddressSpec,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'none',
    },
  ],
});
