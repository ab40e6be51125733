import { defineKind, type Resource } from '../kind.ts';
import { Type, mapOf, timestamp, type Static } from '../schema.ts';
import { Condition, LabelSelectorRequirement, ObjectReference, SecretReference } from '../shapes.ts';
import { Image } from './image.ts';
import { NamedReference } from './named-reference.ts';

export const HostClaimSpec = Type.Object({
  consumerRef: Type.Optional(ObjectReference),
  customDeploy: Type.Optional(Type.Object({ method: Type.String() })),
  failureDomain: Type.Optional(Type.String()),
  hostSelector: Type.Optional(
    Type.Object({
      inNamespace: Type.Optional(Type.String()),
      matchExpressions: Type.Optional(Type.Array(LabelSelectorRequirement)),
      matchLabels: Type.Optional(mapOf(Type.String())),
    }),
  ),
  image: Type.Optional(Image),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  poweredOn: Type.Boolean(),
  userData: Type.Optional(SecretReference),
});
export type HostClaimSpec = Static<typeof HostClaimSpec>;

export const HostClaimStatus = Type.Object({
  bareMetalHost: Type.Optional(NamedReference),
  conditions: Type.Optional(Type.Array(Condition)),
  hardwareData: Type.Optional(NamedReference),
  lastUpdated: Type.Optional(timestamp()),
  poweredOn: Type.Optional(Type.Boolean()),
});
export type HostClaimStatus = Static<typeof HostClaimStatus>;

/** A request of a tenant for a host in another namespace. */
export type HostClaim = Resource<HostClaimSpec, HostClaimStatus>;

export const hostClaim = defineKind<HostClaim>({
  group: 'metal3.io',
  kind: 'HostClaim',
  plural: 'hostclaims',
  singular: 'hostclaim',
  versions: [{ name: 'v1alpha1', storage: true, spec: HostClaimSpec, status: HostClaimStatus, subresources: 'status' }],
});
