import { Type, timestamp, type Static } from '../schema.ts';

/** A condition as Cluster API v1beta1 has it, with a severity. */
export const LegacyCondition = Type.Object({
  lastTransitionTime: timestamp(),
  message: Type.Optional(Type.String({ maxLength: 10240, minLength: 1 })),
  reason: Type.Optional(Type.String({ maxLength: 256, minLength: 1 })),
  severity: Type.Optional(Type.String({ maxLength: 32 })),
  status: Type.String(),
  type: Type.String({ maxLength: 256, minLength: 1 }),
});
export type LegacyCondition = Static<typeof LegacyCondition>;
