import { imageErrors } from '../errors.ts';
import type { Fetcher } from './ports.ts';

/** Fetches a short text. @throws CodedError IMAGE-CHECKSUM-UNREADABLE when it is longer than `limit` bytes */
export async function fetchText(fetcher: Fetcher, url: string, limit: number, signal: AbortSignal): Promise<string> {
  const bytes = await fetchBytes(fetcher, url, limit, signal);
  if (bytes === undefined)
    throw imageErrors.checksumFile(`${url} is too long for a checksum file`, { details: { url } });
  return bytes.toString('utf8');
}

/** Fetches something small into memory; undefined when it is longer than `limit` bytes. */
export async function fetchBytes(
  fetcher: Fetcher,
  url: string,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const answer = await fetcher.fetch(url, undefined, signal);
  const parts: Uint8Array[] = [];
  let size = 0;
  if (answer.kind === 'body') {
    for await (const part of answer.body) {
      size += part.length;
      if (size > limit) return undefined;
      parts.push(part);
    }
  }
  return Buffer.concat(parts);
}
