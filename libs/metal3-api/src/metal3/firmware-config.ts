import { Type, type Static } from '../schema.ts';

export const FirmwareConfig = Type.Object({
  simultaneousMultithreadingEnabled: Type.Optional(Type.Boolean({ enum: [true, false] })),
  sriovEnabled: Type.Optional(Type.Boolean({ enum: [true, false] })),
  virtualizationEnabled: Type.Optional(Type.Boolean({ enum: [true, false] })),
});
export type FirmwareConfig = Static<typeof FirmwareConfig>;
