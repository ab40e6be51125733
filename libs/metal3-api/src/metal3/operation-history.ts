import { Type, nullable, timestamp, type Static } from '../schema.ts';

/** When an operation last began and ended. */
export const OperationMetric = Type.Object({
  end: Type.Optional(nullable(timestamp())),
  start: Type.Optional(nullable(timestamp())),
});
export type OperationMetric = Static<typeof OperationMetric>;
