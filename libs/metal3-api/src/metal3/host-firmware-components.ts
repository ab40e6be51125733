import { defineKind, type Resource } from '../kind.ts';
import { Type, timestamp, type Static } from '../schema.ts';
import { FirmwareUpdate } from './firmware-update.ts';
import { Condition } from '../shapes.ts';

export const HostFirmwareComponentsSpec = Type.Object({ updates: Type.Array(FirmwareUpdate) });
export type HostFirmwareComponentsSpec = Static<typeof HostFirmwareComponentsSpec>;

export const HostFirmwareComponentsStatus = Type.Object({
  components: Type.Optional(
    Type.Array(
      Type.Object({
        component: Type.String(),
        currentVersion: Type.Optional(Type.String()),
        initialVersion: Type.String(),
        lastVersionFlashed: Type.Optional(Type.String()),
        updatedAt: Type.Optional(timestamp()),
      }),
    ),
  ),
  conditions: Type.Optional(
    Type.Array(Condition, { 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  lastUpdated: Type.Optional(timestamp()),
  updates: Type.Optional(Type.Array(FirmwareUpdate)),
});
export type HostFirmwareComponentsStatus = Static<typeof HostFirmwareComponentsStatus>;

/** Firmware versions of one host and the updates wanted. */
export type HostFirmwareComponents = Resource<HostFirmwareComponentsSpec, HostFirmwareComponentsStatus>;

export const hostFirmwareComponents = defineKind<HostFirmwareComponents>({
  group: 'metal3.io',
  kind: 'HostFirmwareComponents',
  plural: 'hostfirmwarecomponents',
  singular: 'hostfirmwarecomponents',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: HostFirmwareComponentsSpec,
      status: HostFirmwareComponentsStatus,
      subresources: 'status',
    },
  ],
});
