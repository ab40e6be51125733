import type { Image } from '@metal3/metal3-api';

export function isLiveIso(image: Image | undefined): boolean {
  return image?.format === 'live-iso';
}

export function isOci(image: Pick<Image, 'url'>): boolean {
  return /^oci:\/\//i.test(image.url);
}

export type ImageChecksum =
  | { readonly kind: 'none' }
  /** Ironic finds out the algorithm itself. */
  | { readonly kind: 'untyped'; readonly value: string }
  | { readonly kind: 'typed'; readonly algorithm: 'md5' | 'sha256' | 'sha512'; readonly value: string };

/** The checksum to verify an image with, or what is wrong with the way it is given. */
export function imageChecksum(image: Image): ImageChecksum | { readonly kind: 'problem'; readonly message: string } {
  const { checksum = '', checksumType } = image;
  if (isLiveIso(image)) return { kind: 'none' };
  if (isOci(image)) {
    return checksum === ''
      ? { kind: 'none' }
      : { kind: 'problem', message: 'image.checksum must be empty for OCI images: the registry names the digest' };
  }
  if (checksum === '')
    return { kind: 'problem', message: 'image.checksum is missing: give a checksum or the URL of one' };
  switch (checksumType) {
    case undefined:
    case 'auto':
      return { kind: 'untyped', value: checksum };
    case 'md5':
    case 'sha256':
    case 'sha512':
      return { kind: 'typed', algorithm: checksumType, value: checksum };
    default:
      return {
        kind: 'problem',
        message: `image.checksumType "${String(checksumType)}" is unknown: use md5, sha256, sha512 or auto`,
      };
  }
}
