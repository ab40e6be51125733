import { Type, choice, mapOf, type Static } from '../../schema.ts';

export const ApiEndpoint = Type.Object(
  {
    host: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
    port: Type.Optional(Type.Integer({ format: 'int32', maximum: 65535, minimum: 1 })),
  },
  { minProperties: 1 },
);
export type ApiEndpoint = Static<typeof ApiEndpoint>;

export const FailureDomain = Type.Object({
  attributes: Type.Optional(mapOf(Type.String())),
  controlPlane: Type.Optional(Type.Boolean()),
  name: Type.String({ maxLength: 256, minLength: 1 }),
});
export type FailureDomain = Static<typeof FailureDomain>;

export const TemplateMetadata = Type.Object(
  { annotations: Type.Optional(mapOf(Type.String())), labels: Type.Optional(mapOf(Type.String())) },
  { minProperties: 1 },
);
export type TemplateMetadata = Static<typeof TemplateMetadata>;

export const NamespacedReference = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 253, minLength: 1 })),
    namespace: Type.Optional(Type.String({ maxLength: 253, minLength: 1 })),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);
export type NamespacedReference = Static<typeof NamespacedReference>;

export const AddressFromPool = Type.Object({
  apiGroup: Type.Optional(Type.String({ default: 'ipam.metal3.io', maxLength: 512, minLength: 1 })),
  key: Type.String({ maxLength: 512, minLength: 1 }),
  kind: Type.Optional(Type.String({ default: 'IPPool', maxLength: 512, minLength: 1 })),
  name: Type.String({ maxLength: 512, minLength: 1 }),
});
export type AddressFromPool = Static<typeof AddressFromPool>;

export const AnnotationSource = Type.Object({
  annotation: Type.String({ maxLength: 512, minLength: 1 }),
  object: choice(['machine', 'metal3machine', 'baremetalhost']),
});
export type AnnotationSource = Static<typeof AnnotationSource>;

export const PoolReference = Type.Object({
  apiGroup: Type.Optional(
    Type.String({
      default: 'ipam.metal3.io',
      maxLength: 253,
      minLength: 1,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    }),
  ),
  kind: Type.Optional(
    Type.String({ default: 'IPPool', maxLength: 63, minLength: 1, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
  ),
  name: Type.String({
    maxLength: 253,
    minLength: 1,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  }),
});
export type PoolReference = Static<typeof PoolReference>;

export const MachineAddress = Type.Object({
  address: Type.String({ maxLength: 256, minLength: 1 }),
  type: choice(['Hostname', 'ExternalIP', 'InternalIP', 'ExternalDNS', 'InternalDNS']),
});
export type MachineAddress = Static<typeof MachineAddress>;

export const HostSelector = Type.Object({
  matchExpressions: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String({ maxLength: 512, minLength: 1 }),
        operator: Type.String(),
        values: Type.Array(Type.String({ maxLength: 512, minLength: 1 }), {
          maxItems: 512,
          'x-kubernetes-list-type': 'set',
        }),
      }),
      { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
    ),
  ),
  matchLabels: Type.Optional(mapOf(Type.String())),
});
export type HostSelector = Static<typeof HostSelector>;

export const MachineImage = Type.Object({
  checksum: Type.Optional(Type.String({ maxLength: 512, minLength: 0 })),
  checksumType: Type.Optional(choice(['md5', 'sha256', 'sha512'])),
  diskFormat: Type.Optional(choice(['raw', 'qcow2', 'vdi', 'vmdk', 'live-iso'])),
  url: Type.String({ format: 'uri', maxLength: 512, minLength: 1 }),
});
export type MachineImage = Static<typeof MachineImage>;

export const RemediationStrategy = Type.Object({
  retryLimit: Type.Optional(Type.Integer({ default: 1, format: 'int32', minimum: 1 })),
  timeoutSeconds: Type.Optional(Type.Integer({ default: 600, format: 'int32', minimum: 100 })),
  type: Type.Optional(choice(['Reboot'])),
});
export type RemediationStrategy = Static<typeof RemediationStrategy>;
