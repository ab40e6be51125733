import { Type, choice, mapOf, type Static } from '../../schema.ts';
import { LabelSelectorRequirement } from '../../shapes.ts';

export const ApiEndpoint = Type.Object({ host: Type.String(), port: Type.Integer() });
export type ApiEndpoint = Static<typeof ApiEndpoint>;

export const FailureDomain = Type.Object({
  attributes: Type.Optional(mapOf(Type.String())),
  controlPlane: Type.Optional(Type.Boolean()),
});
export type FailureDomain = Static<typeof FailureDomain>;

export const AddressFromPool = Type.Object({
  apiGroup: Type.String(),
  key: Type.String(),
  kind: Type.String(),
  name: Type.String(),
});
export type AddressFromPool = Static<typeof AddressFromPool>;

export const AnnotationSource = Type.Object({
  annotation: Type.String(),
  object: choice(['machine', 'metal3machine', 'baremetalhost']),
});
export type AnnotationSource = Static<typeof AnnotationSource>;

export const PoolReference = Type.Object(
  { apiGroup: Type.Optional(Type.String()), kind: Type.String(), name: Type.String() },
  { 'x-kubernetes-map-type': 'atomic' },
);
export type PoolReference = Static<typeof PoolReference>;

export const HostSelector = Type.Object({
  matchExpressions: Type.Optional(Type.Array(LabelSelectorRequirement)),
  matchLabels: Type.Optional(mapOf(Type.String())),
});
export type HostSelector = Static<typeof HostSelector>;

export const MachineImage = Type.Object({
  checksum: Type.Optional(Type.String()),
  checksumType: Type.Optional(choice(['md5', 'sha256', 'sha512'])),
  format: Type.Optional(choice(['raw', 'qcow2', 'vdi', 'vmdk', 'live-iso'])),
  url: Type.String(),
});
export type MachineImage = Static<typeof MachineImage>;

export const RemediationStrategy = Type.Object({
  retryLimit: Type.Optional(Type.Integer()),
  timeout: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
});
export type RemediationStrategy = Static<typeof RemediationStrategy>;
