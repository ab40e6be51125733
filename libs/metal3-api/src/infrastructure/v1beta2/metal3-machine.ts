import { Type, choice, timestamp, type Static } from '../../schema.ts';
import { HostSelector, MachineAddress, MachineImage, NamespacedReference } from './references.ts';
import { Condition, SecretReference } from '../../shapes.ts';
import { LegacyCondition } from '../legacy-condition.ts';

export const Metal3MachineSpec = Type.Object({
  automatedCleaningMode: Type.Optional(choice(['metadata', 'disabled'])),
  customDeploy: Type.Optional(Type.Object({ method: Type.String({ maxLength: 512, minLength: 1 }) })),
  dataTemplate: Type.Optional(NamespacedReference),
  failureDomain: Type.Optional(Type.String({ maxLength: 256, minLength: 1 })),
  hostSelector: Type.Optional(HostSelector),
  image: Type.Optional(MachineImage),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  providerID: Type.Optional(
    Type.String({
      description: 'metal3://<namespace>/<host>/<machine>, set by the controller.',
      maxLength: 512,
      minLength: 1,
    }),
  ),
  userData: Type.Optional(SecretReference),
});
export type Metal3MachineSpec = Static<typeof Metal3MachineSpec>;

export const Metal3MachineStatus = Type.Object({
  addresses: Type.Optional(
    Type.Array(MachineAddress, { maxItems: 32, minItems: 1, 'x-kubernetes-list-type': 'atomic' }),
  ),
  conditions: Type.Optional(
    Type.Array(Condition, { maxItems: 32, 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  deprecated: Type.Optional(
    Type.Object({
      v1beta1: Type.Optional(
        Type.Object({
          conditions: Type.Optional(Type.Array(LegacyCondition)),
          failureMessage: Type.Optional(Type.String()),
          failureReason: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
  initialization: Type.Optional(Type.Object({ provisioned: Type.Optional(Type.Boolean()) }, { minProperties: 1 })),
  lastUpdated: Type.Optional(timestamp()),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  renderedData: Type.Optional(NamespacedReference),
  userData: Type.Optional(SecretReference),
});
export type Metal3MachineStatus = Static<typeof Metal3MachineStatus>;
