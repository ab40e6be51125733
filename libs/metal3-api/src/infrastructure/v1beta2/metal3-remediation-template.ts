import { Type, choice, timestamp, type Static } from '../../schema.ts';
import { RemediationStrategy } from './references.ts';

export const Metal3RemediationTemplateSpec = Type.Object({
  template: Type.Object({ spec: Type.Object({ strategy: Type.Optional(RemediationStrategy) }) }),
});
export type Metal3RemediationTemplateSpec = Static<typeof Metal3RemediationTemplateSpec>;

export const Metal3RemediationTemplateStatus = Type.Object({
  status: Type.Optional(
    Type.Object({
      lastRemediated: Type.Optional(timestamp()),
      phase: Type.Optional(choice(['Running', 'Waiting', 'Deleting machine', 'Failed'])),
      retryCount: Type.Optional(Type.Integer({ format: 'int32', minimum: 1 })),
    }),
  ),
});
export type Metal3RemediationTemplateStatus = Static<typeof Metal3RemediationTemplateStatus>;
