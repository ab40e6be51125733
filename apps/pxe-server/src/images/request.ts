import { createHash } from 'node:crypto';
import { imageErrors } from '../errors.ts';
import type { ExpectedDigest } from '../files/library.ts';
import { readChecksum } from './checksum.ts';
import { readOciReference } from './oci/reference.ts';

export interface ImageRequest {
  readonly url: string;
  /** Hex digest or URL of a checksum file; empty for none. */
  readonly checksum: string;
  readonly checksumType: string;
  /** Declared format; empty for none. */
  readonly diskFormat: string;
  readonly forceRaw: boolean;
  readonly pullSecret: string;
  readonly cpuArchitecture: string;
}

/**
 * Refuses what cannot succeed before anything is started.
 * @throws CodedError IMAGE-URL-INVALID, IMAGE-CHECKSUM-UNREADABLE
 */
export function checkRequest({ url, checksum, checksumType }: ImageRequest): void {
  if (url.startsWith('oci://')) readOciReference(url);
  else if (!/^(https?|file):\/\//.test(url) || !URL.canParse(url)) {
    throw imageErrors.url(`"${url.slice(0, 300)}" is not an http, https, oci or file URL`);
  }
  if (checksum !== '') readChecksum(checksum, checksumType);
}

/** Names an operation by what is asked for, in the form of a UUID: every replica and every run gives it the same name. */
export function operationId({ pullSecret: _, ...request }: ImageRequest): string {
  const { url, checksum, checksumType, diskFormat, forceRaw, cpuArchitecture } = request;
  const text = JSON.stringify([url, checksum, checksumType, diskFormat, forceRaw, cpuArchitecture]);
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Names what is made of a source, wherever it comes from: its digest tells the bytes. */
export function productKey({ algorithm, value }: ExpectedDigest, { forceRaw }: Pick<ImageRequest, 'forceRaw'>): string {
  return `${algorithm}:${value}${forceRaw ? ' raw' : ''}`;
}
