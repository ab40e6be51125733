import { Type, type Static } from '../../schema.ts';
import { NamespacedReference } from './references.ts';
import { SecretReference } from '../../shapes.ts';

export const Metal3DataSpec = Type.Object({
  claim: Type.Optional(NamespacedReference),
  index: Type.Optional(Type.Integer({ format: 'int32', minimum: 0 })),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  template: Type.Optional(NamespacedReference),
});
export type Metal3DataSpec = Static<typeof Metal3DataSpec>;

export const Metal3DataStatus = Type.Object({
  errorMessage: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
  ready: Type.Optional(Type.Boolean()),
});
export type Metal3DataStatus = Static<typeof Metal3DataStatus>;
