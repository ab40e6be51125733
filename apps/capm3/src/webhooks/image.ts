import { forbiddenField, invalidField, requiredField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3Machine } from '@metal3/metal3-api';

type Provisioned = Pick<Metal3Machine['spec'], 'image' | 'customDeploy'>;
type Image = NonNullable<Metal3Machine['spec']['image']>;

/**
 * What a host could not be provisioned with. A custom deploy step does without an image, and what image it is given is its own
 * affair. @param at path of the fields' parent, such as `spec`
 */
export function imageProblems(at: string, { image, customDeploy }: Provisioned): readonly FieldProblem[] {
  if (customDeploy?.method) return [];
  const field = `${at}.image`;
  // An old client writes out what it does not set.
  if (image === undefined || (!image.url && !image.checksum)) {
    return [requiredField(field, 'image.url or customDeploy.method must be set')];
  }
  if (!isUri(image.url)) return [invalidField(`${field}.url`, image.url, 'is not an absolute URL')];
  return isOci(image.url) ? ociProblems(field, image) : checksumProblems(field, image);
}

/** Images in a registry carry their own digest. */
function ociProblems(field: string, { checksum, checksumType }: Image): readonly FieldProblem[] {
  return [
    ...(checksum ? [forbiddenField(`${field}.checksum`, 'an oci:// image is checked by its digest')] : []),
    ...(checksumType ? [forbiddenField(`${field}.checksumType`, 'an oci:// image is checked by its digest')] : []),
  ];
}

function checksumProblems(field: string, { checksum = '', diskFormat }: Image): readonly FieldProblem[] {
  if (checksum === '') {
    // A live image is booted as it is and never written.
    const why = 'give the checksum, or a URL of a file that holds it';
    return diskFormat === 'live-iso' ? [] : [requiredField(`${field}.checksum`, why)];
  }
  const isLink = /^https?:\/\//i.test(checksum);
  return isLink && !isUri(checksum) ? [invalidField(`${field}.checksum`, checksum, 'is not a valid URL')] : [];
}

function isOci(url: string): boolean {
  return /^oci:\/\//i.test(url);
}

function isUri(text: string | undefined): boolean {
  return text !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text);
}
