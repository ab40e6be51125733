import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, type Static } from '../schema.ts';

export const HostNetworkAttachmentSpec = Type.Object({
  allowedVLANs: Type.Optional(Type.Array(Type.String({ pattern: '^\\d+(-\\d+)?$' }))),
  mode: choice(['access', 'trunk', 'hybrid'], { default: 'access' }),
  mtu: Type.Optional(Type.Integer({ maximum: 9216, minimum: 68 })),
  nativeVLAN: Type.Integer({ maximum: 4094, minimum: 1 }),
});
export type HostNetworkAttachmentSpec = Static<typeof HostNetworkAttachmentSpec>;

/** A switch port configuration that host interfaces can refer to. */
export type HostNetworkAttachment = Resource<HostNetworkAttachmentSpec, never>;

export const hostNetworkAttachment = defineKind<HostNetworkAttachment>({
  group: 'metal3.io',
  kind: 'HostNetworkAttachment',
  plural: 'hostnetworkattachments',
  singular: 'hostnetworkattachment',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: HostNetworkAttachmentSpec,
      columns: [
        { jsonPath: '.spec.mode', name: 'Mode', type: 'string' },
        { jsonPath: '.spec.nativeVLAN', name: 'Native VLAN', type: 'integer' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
  ],
});
