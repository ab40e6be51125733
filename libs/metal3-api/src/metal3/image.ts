import { Type, choice, type Static } from '../schema.ts';

/** An operating system image and how to verify it. */
export const Image = Type.Object({
  checksum: Type.Optional(Type.String()),
  checksumType: Type.Optional(choice(['md5', 'sha256', 'sha512', 'auto'])),
  format: Type.Optional(choice(['raw', 'qcow2', 'vdi', 'vmdk', 'live-iso'])),
  ociAuthSecretName: Type.Optional(Type.String()),
  url: Type.String(),
});
export type Image = Static<typeof Image>;
