import { Type, type Static } from '../../schema.ts';
import { ObjectReference } from '../../shapes.ts';

export const Metal3DataClaimSpec = Type.Object({ template: ObjectReference });
export type Metal3DataClaimSpec = Static<typeof Metal3DataClaimSpec>;

export const Metal3DataClaimStatus = Type.Object({
  errorMessage: Type.Optional(Type.String()),
  renderedData: Type.Optional(ObjectReference),
});
export type Metal3DataClaimStatus = Static<typeof Metal3DataClaimStatus>;
