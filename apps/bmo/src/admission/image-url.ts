import type { Image } from '@metal3/metal3-api';
import { imageChecksum } from '../host/provisioning/image.ts';
import { violation, when, type Violation } from './violation.ts';

const schemes: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'gopher', 'oci']);

/** Schemes that an image may be fetched by. Files are not among them: they would be Ironic's own. */
export function imageUrlViolations(field: string, url: string): readonly Violation[] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^\s]+$/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined)
    return [violation(field, `image URL ${JSON.stringify(url)} is invalid: write scheme://host/path`)];
  return when(
    !schemes.has(scheme),
    field,
    `image URL scheme "${scheme}" is not supported: use ${[...schemes].join(', ')}`,
  );
}

export function imageViolations(field: string, image: Image | undefined): readonly Violation[] {
  if (image === undefined || image.url === '') return [];
  const checksum = imageChecksum(image);
  return [
    ...imageUrlViolations(`${field}.url`, image.url),
    ...(checksum.kind === 'problem' ? [violation(`${field}.checksum`, checksum.message)] : []),
  ];
}
