import { imageErrors } from '../errors.ts';
import type { Fetcher } from './ports.ts';

/** Fetches a short text. @throws CodedError IMAGE-CHECKSUM-UNREADABLE when it is longer than `limit` bytes */
export async function fetchText(fetcher: Fetcher, url: string, limit: number, signal: AbortSignal): Promise<string> {
  const answer = await fetcher.fetch(url, undefined, signal);
  const parts: Uint8Array[] = [];
  let size = 0;
  if (answer.kind === 'body') {
    for await (const part of answer.body) {
      size += part.length;
      if (size > limit) throw imageErrors.checksumFile(`${url} is too long for a checksum file`, { details: { url } });
      parts.push(part);
    }
  }
  return Buffer.concat(parts).toString('utf8');
}
