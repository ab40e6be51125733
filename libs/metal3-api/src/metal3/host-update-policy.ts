import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, type Static } from '../schema.ts';

export const HostUpdatePolicySpec = Type.Object({
  firmwareSettings: Type.Optional(choice(['onPreparing', 'onReboot'])),
  firmwareUpdates: Type.Optional(choice(['onPreparing', 'onReboot'])),
});
export type HostUpdatePolicySpec = Static<typeof HostUpdatePolicySpec>;

export const HostUpdatePolicyStatus = Type.Object({});
export type HostUpdatePolicyStatus = Static<typeof HostUpdatePolicyStatus>;

/** When firmware of a provisioned host may be changed. */
export type HostUpdatePolicy = Resource<HostUpdatePolicySpec, HostUpdatePolicyStatus>;

export const hostUpdatePolicy = defineKind<HostUpdatePolicy>({
  group: 'metal3.io',
  kind: 'HostUpdatePolicy',
  plural: 'hostupdatepolicies',
  singular: 'hostupdatepolicy',
  versions: [{ name: 'v1alpha1', storage: true, spec: HostUpdatePolicySpec, status: HostUpdatePolicyStatus }],
});
