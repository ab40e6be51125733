import { Type, type Static } from '../../schema.ts';
import { ObjectReference, SecretReference } from '../../shapes.ts';

export const Metal3DataSpec = Type.Object({
  claim: ObjectReference,
  index: Type.Optional(Type.Integer()),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  template: ObjectReference,
  templateReference: Type.Optional(Type.String()),
});
export type Metal3DataSpec = Static<typeof Metal3DataSpec>;

export const Metal3DataStatus = Type.Object({
  errorMessage: Type.Optional(Type.String()),
  ready: Type.Optional(Type.Boolean()),
});
export type Metal3DataStatus = Static<typeof Metal3DataStatus>;
