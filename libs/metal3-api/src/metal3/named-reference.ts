import { Type, type Static } from '../schema.ts';

export const NamedReference = Type.Object({ name: Type.String(), namespace: Type.String() });
export type NamedReference = Static<typeof NamedReference>;
