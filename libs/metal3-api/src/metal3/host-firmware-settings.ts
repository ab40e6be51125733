import { defineKind, type Resource } from '../kind.ts';
import { Type, intOrString, mapOf, timestamp, type Static } from '../schema.ts';
import { Condition } from '../shapes.ts';
import { NamedReference } from './named-reference.ts';

export const HostFirmwareSettingsSpec = Type.Object({ settings: mapOf(intOrString()) });
export type HostFirmwareSettingsSpec = Static<typeof HostFirmwareSettingsSpec>;

export const HostFirmwareSettingsStatus = Type.Object({
  conditions: Type.Optional(
    Type.Array(Condition, { 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  lastUpdated: Type.Optional(timestamp()),
  schema: Type.Optional(NamedReference),
  settings: mapOf(Type.String()),
});
export type HostFirmwareSettingsStatus = Static<typeof HostFirmwareSettingsStatus>;

/** Firmware (BIOS) settings of one host, wanted and found. */
export type HostFirmwareSettings = Resource<HostFirmwareSettingsSpec, HostFirmwareSettingsStatus>;

export const hostFirmwareSettings = defineKind<HostFirmwareSettings>({
  group: 'metal3.io',
  kind: 'HostFirmwareSettings',
  plural: 'hostfirmwaresettings',
  singular: 'hostfirmwaresettings',
  shortNames: ['hfs'],
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: HostFirmwareSettingsSpec,
      status: HostFirmwareSettingsStatus,
      subresources: 'status',
    },
  ],
});
