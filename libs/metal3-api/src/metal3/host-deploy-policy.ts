import { defineKind, type Resource } from '../kind.ts';
import { Type, type Static } from '../schema.ts';

export const HostDeployPolicySpec = Type.Object({
  hostClaimNamespaces: Type.Optional(
    Type.Object({
      hasLabels: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) }))),
      nameMatches: Type.Optional(Type.String()),
      names: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});
export type HostDeployPolicySpec = Static<typeof HostDeployPolicySpec>;

export const HostDeployPolicyStatus = Type.Object({});
export type HostDeployPolicyStatus = Static<typeof HostDeployPolicyStatus>;

/** Which namespaces may claim the hosts of this one. */
export type HostDeployPolicy = Resource<HostDeployPolicySpec, HostDeployPolicyStatus>;

export const hostDeployPolicy = defineKind<HostDeployPolicy>({
  group: 'metal3.io',
  kind: 'HostDeployPolicy',
  plural: 'hostdeploypolicies',
  singular: 'hostdeploypolicy',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: HostDeployPolicySpec,
      status: HostDeployPolicyStatus,
      subresources: 'status',
    },
  ],
});
