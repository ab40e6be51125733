import { Type, type Static } from '../schema.ts';
import { SecretReference } from '../shapes.ts';

/** Which version of the credentials Secret was used. */
export const CredentialsStatus = Type.Object({
  credentials: Type.Optional(SecretReference),
  credentialsVersion: Type.Optional(Type.String()),
});
export type CredentialsStatus = Static<typeof CredentialsStatus>;
