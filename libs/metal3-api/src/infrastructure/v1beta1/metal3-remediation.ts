import { Type, timestamp, type Static } from '../../schema.ts';
import { RemediationStrategy } from './references.ts';

export const Metal3RemediationSpec = Type.Object({ strategy: Type.Optional(RemediationStrategy) });
export type Metal3RemediationSpec = Static<typeof Metal3RemediationSpec>;

export const Metal3RemediationStatus = Type.Object({
  lastRemediated: Type.Optional(timestamp()),
  phase: Type.Optional(Type.String()),
  retryCount: Type.Optional(Type.Integer()),
});
export type Metal3RemediationStatus = Static<typeof Metal3RemediationStatus>;
