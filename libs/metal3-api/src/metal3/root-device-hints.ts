import { Type, type Static } from '../schema.ts';

/** Which disk becomes the root device; every hint given must match. */
export const RootDeviceHints = Type.Object({
  deviceName: Type.Optional(Type.String()),
  hctl: Type.Optional(Type.String()),
  minSizeGigabytes: Type.Optional(Type.Integer({ minimum: 0 })),
  model: Type.Optional(Type.String()),
  rotational: Type.Optional(Type.Boolean()),
  serialNumber: Type.Optional(Type.String()),
  vendor: Type.Optional(Type.String()),
  wwn: Type.Optional(Type.String()),
  wwnVendorExtension: Type.Optional(Type.String()),
  wwnWithExtension: Type.Optional(Type.String()),
});
export type RootDeviceHints = Static<typeof RootDeviceHints>;
