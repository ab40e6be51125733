import { Type, choice, nullable, type Static } from '../schema.ts';
import { RootDeviceHints } from './root-device-hints.ts';

export const HardwareRaidVolume = Type.Object({
  controller: Type.Optional(Type.String()),
  level: choice(['0', '1', '2', '5', '6', '1+0', '5+0', '6+0']),
  name: Type.Optional(Type.String({ maxLength: 64 })),
  numberOfPhysicalDisks: Type.Optional(Type.Integer({ minimum: 1 })),
  physicalDisks: Type.Optional(Type.Array(Type.String())),
  rotational: Type.Optional(Type.Boolean()),
  sizeGibibytes: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type HardwareRaidVolume = Static<typeof HardwareRaidVolume>;

export const SoftwareRaidVolume = Type.Object({
  level: choice(['0', '1', '1+0']),
  physicalDisks: Type.Optional(Type.Array(RootDeviceHints, { minItems: 2 })),
  rootVolume: Type.Optional(Type.Boolean({ default: false })),
  sizeGibibytes: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type SoftwareRaidVolume = Static<typeof SoftwareRaidVolume>;

/** RAID volumes wanted; null, absent and empty lists differ in meaning. */
export const RaidConfig = Type.Object({
  hardwareRAIDVolumes: Type.Optional(nullable(Type.Array(HardwareRaidVolume))),
  softwareRAIDVolumes: Type.Optional(nullable(Type.Array(SoftwareRaidVolume, { maxItems: 2 }))),
});
export type RaidConfig = Static<typeof RaidConfig>;
