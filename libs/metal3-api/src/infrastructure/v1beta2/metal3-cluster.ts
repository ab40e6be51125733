import { Type, timestamp, type Static } from '../../schema.ts';
import { ApiEndpoint, FailureDomain } from './references.ts';
import { Condition } from '../../shapes.ts';
import { LegacyCondition } from '../legacy-condition.ts';

export const Metal3ClusterSpec = Type.Object({
  cloudProviderEnabled: Type.Optional(Type.Boolean()),
  controlPlaneEndpoint: Type.Optional(ApiEndpoint),
  failureDomains: Type.Optional(
    Type.Array(FailureDomain, {
      maxItems: 100,
      minItems: 1,
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    }),
  ),
});
export type Metal3ClusterSpec = Static<typeof Metal3ClusterSpec>;

export const Metal3ClusterStatus = Type.Object({
  conditions: Type.Optional(
    Type.Array(Condition, { maxItems: 32, 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  deprecated: Type.Optional(
    Type.Object({
      v1beta1: Type.Optional(
        Type.Object({
          conditions: Type.Optional(Type.Array(LegacyCondition)),
          failureMessage: Type.Optional(Type.String({ maxLength: 1024, minLength: 0 })),
          failureReason: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
  failureDomains: Type.Optional(
    Type.Array(FailureDomain, {
      maxItems: 100,
      minItems: 1,
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    }),
  ),
  initialization: Type.Optional(Type.Object({ provisioned: Type.Optional(Type.Boolean()) }, { minProperties: 1 })),
  lastUpdated: Type.Optional(timestamp()),
});
export type Metal3ClusterStatus = Static<typeof Metal3ClusterStatus>;
