import { Type, type Static } from '../../schema.ts';
import { NamespacedReference } from './references.ts';

export const Metal3DataClaimSpec = Type.Object({ template: Type.Optional(NamespacedReference) });
export type Metal3DataClaimSpec = Static<typeof Metal3DataClaimSpec>;

export const Metal3DataClaimStatus = Type.Object({
  errorMessage: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
  renderedData: Type.Optional(NamespacedReference),
});
export type Metal3DataClaimStatus = Static<typeof Metal3DataClaimStatus>;
