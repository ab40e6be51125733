import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, type Static } from '../schema.ts';
import { Condition, SecretReference } from '../shapes.ts';

export const BareMetalSwitchSpec = Type.Object({
  address: Type.String(),
  credentials: Type.Optional(SecretReference),
  deviceType: Type.String(),
  disableCertificateVerification: Type.Optional(Type.Boolean()),
  driver: Type.Optional(choice(['generic-switch'], { default: 'generic-switch' })),
  macAddress: Type.String({ pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$' }),
  port: Type.Optional(Type.Integer({ format: 'int32', maximum: 65535, minimum: 1 })),
});
export type BareMetalSwitchSpec = Static<typeof BareMetalSwitchSpec>;

export const BareMetalSwitchStatus = Type.Object({
  conditions: Type.Optional(
    Type.Array(Condition, { 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
});
export type BareMetalSwitchStatus = Static<typeof BareMetalSwitchStatus>;

/** A network switch whose ports may be configured for hosts. */
export type BareMetalSwitch = Resource<BareMetalSwitchSpec, BareMetalSwitchStatus>;

export const bareMetalSwitch = defineKind<BareMetalSwitch>({
  group: 'metal3.io',
  kind: 'BareMetalSwitch',
  plural: 'baremetalswitches',
  singular: 'baremetalswitch',
  shortNames: ['bms'],
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: BareMetalSwitchSpec,
      status: BareMetalSwitchStatus,
      columns: [
        { jsonPath: '.spec.driver', name: 'Driver', type: 'string' },
        { jsonPath: '.spec.deviceType', name: 'Device Type', type: 'string' },
        { jsonPath: '.spec.address', name: 'Address', type: 'string' },
        { jsonPath: '.status.conditions[?(@.type=="Valid")].status', name: 'Valid', type: 'string' },
      ],
      subresources: 'status',
    },
  ],
});
