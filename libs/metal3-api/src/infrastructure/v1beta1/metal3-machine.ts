import { Type, choice, timestamp, type Static } from '../../schema.ts';
import { Condition, ObjectReference, SecretReference } from '../../shapes.ts';
import { HostSelector, MachineImage } from './references.ts';
import { MachineAddress } from '../v1beta2/references.ts';
import { LegacyCondition } from '../legacy-condition.ts';

export const Metal3MachineSpec = Type.Object({
  automatedCleaningMode: Type.Optional(choice(['metadata', 'disabled'])),
  customDeploy: Type.Optional(Type.Object({ method: Type.String() })),
  dataTemplate: Type.Optional(ObjectReference),
  failureDomain: Type.Optional(Type.String()),
  hostSelector: Type.Optional(HostSelector),
  image: Type.Optional(MachineImage),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  providerID: Type.Optional(
    Type.String({ description: 'metal3://<namespace>/<host>/<machine>, set by the controller.' }),
  ),
  userData: Type.Optional(SecretReference),
});
export type Metal3MachineSpec = Static<typeof Metal3MachineSpec>;

export const Metal3MachineStatus = Type.Object({
  addresses: Type.Optional(Type.Array(MachineAddress)),
  conditions: Type.Optional(Type.Array(LegacyCondition)),
  failureMessage: Type.Optional(Type.String()),
  failureReason: Type.Optional(Type.String()),
  lastUpdated: Type.Optional(timestamp()),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  phase: Type.Optional(Type.String()),
  ready: Type.Optional(Type.Boolean()),
  renderedData: Type.Optional(ObjectReference),
  userData: Type.Optional(SecretReference),
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
export type Metal3MachineStatus = Static<typeof Metal3MachineStatus>;
