import { Type, mapOf, timestamp, type Static } from '../../schema.ts';
import { ApiEndpoint, FailureDomain } from './references.ts';
import { LegacyCondition } from '../legacy-condition.ts';
import { Condition } from '../../shapes.ts';

export const Metal3ClusterSpec = Type.Object({
  cloudProviderEnabled: Type.Optional(Type.Boolean()),
  controlPlaneEndpoint: Type.Optional(ApiEndpoint),
  failureDomains: Type.Optional(mapOf(FailureDomain)),
  noCloudProvider: Type.Optional(Type.Boolean()),
});
export type Metal3ClusterSpec = Static<typeof Metal3ClusterSpec>;

export const Metal3ClusterStatus = Type.Object({
  conditions: Type.Optional(Type.Array(LegacyCondition)),
  failureDomains: Type.Optional(mapOf(FailureDomain)),
  failureMessage: Type.Optional(Type.String()),
  failureReason: Type.Optional(Type.String()),
  lastUpdated: Type.Optional(timestamp()),
  ready: Type.Optional(Type.Boolean()),
  v1beta2: Type.Optional(
    Type.Object({
      conditions: Type.Optional(
        Type.Array(Condition, {
          maxItems: 32,
          'x-kubernetes-list-map-keys': ['type'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
    }),
  ),
});
export type Metal3ClusterStatus = Static<typeof Metal3ClusterStatus>;
