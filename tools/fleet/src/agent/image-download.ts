import { createHash } from 'node:crypto';
import { NetworkError, type HttpClient, type Trust } from '../http/client.ts';
import { isQcow2 } from '../medium/qcow2.ts';
import { AgentError } from './error.ts';
import { expectedChecksum, type HashName, type ImageInfo } from './checksum.ts';

/** An image that has come over the network whole and with the right checksum. */
export interface DownloadedImage {
  readonly url: string;
  readonly size: number;
  readonly sha256: string;
  /** The first 64 KiB: enough for headers and partition tables. */
  readonly head: Buffer;
  /** The whole file, kept when it has to be converted and is not too large for that. */
  readonly content: Buffer | undefined;
}

export interface Downloading {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  readonly trust: Trust;
  /** Told before each wait for another attempt. */
  readonly again: (failure: string, attempt: number) => Promise<void>;
}

const attempts = 10;
const headSize = 64 * 1024;
const convertible = 16 * 1024 * 1024;

/**
 * Fetches an image and verifies it, trying again as the real agent does: ten times, except that a 4xx answer is final.
 * @throws AgentError ImageDownloadError, ImageDownloadFatalError or ImageChecksumError of the last attempt
 */
export async function downloadImage(info: ImageInfo, { again, ...network }: Downloading): Promise<DownloadedImage> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(info, network);
    } catch (error) {
      const final = !(error instanceof AgentError) || error.type === 'ImageDownloadFatalError' || attempt === attempts;
      if (final) throw error;
      await again(error.message, attempt);
    }
  }
}

async function once(info: ImageInfo, network: Omit<Downloading, 'again'>): Promise<DownloadedImage> {
  const { algorithm, value } = await expectedChecksum(info, (url) => text(url, network));
  const failures: string[] = [];
  for (const url of info.urls) {
    try {
      const { digest, ...image } = await transfer(info, url, algorithm, network);
      if (digest.toLowerCase() === value.toLowerCase()) return image;
      throw new AgentError(
        'ImageChecksumError',
        `Image failed to verify against checksum. location: /dev/sda; image ID: ${info.id}; image checksum: ${value}; ` +
          `verification checksum: ${digest}`,
      );
    } catch (error) {
      if (!(error instanceof AgentError) || error.type !== 'ImageDownloadError') throw error;
      failures.push(`URL: ${url}; error: ${error.details}`);
    }
  }
  throw failed(info.id, failures.join('\n '));
}

async function transfer(
  info: ImageInfo,
  url: string,
  algorithm: HashName,
  { http, signal, trust }: Omit<Downloading, 'again'>,
): Promise<DownloadedImage & { digest: string }> {
  try {
    const response = await http.open(url, { signal, trust });
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.resume();
      const reason = `Received status code ${status} from ${url}, expected 200.`;
      if (status < 500)
        throw new AgentError('ImageDownloadFatalError', `Download of image ${info.id} failed: ${reason}`);
      throw failed(info.id, reason);
    }
    const sha256 = createHash('sha256');
    const other = algorithm === 'sha256' ? undefined : createHash(algorithm);
    let kept: Buffer[] = [];
    let keep = headSize;
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      other?.update(chunk);
      if (size === 0 && isQcow2(chunk)) keep = convertible;
      if (size < keep) kept.push(chunk.subarray(0, keep - size));
      size += chunk.length;
    }
    const start = Buffer.concat(kept);
    kept = [];
    const content = keep === convertible && size <= convertible ? start : undefined;
    const head = start.length > headSize ? Buffer.from(start.subarray(0, headSize)) : start;
    const hex = sha256.digest('hex');
    return { url, size, sha256: hex, head, content, digest: other?.digest('hex') ?? hex };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AgentError) throw error;
    throw failed(info.id, error instanceof Error ? error.message : String(error));
  }
}

async function text(url: string, { http, signal, trust }: Omit<Downloading, 'again'>): Promise<string> {
  try {
    const { status, body } = await http.fetch(url, { signal, trust });
    if (status === 200) return body.toString('utf8');
    const type = status < 500 ? 'ImageDownloadFatalError' : 'ImageDownloadError';
    throw new AgentError(
      type,
      `Download of image ${url} failed: Received status code ${status} from ${url}, expected 200.`,
    );
  } catch (error) {
    if (error instanceof NetworkError) throw failed(url, error.message);
    throw error;
  }
}

const failed = (id: string, reason: string) =>
  new AgentError('ImageDownloadError', `Download of image ${id} failed: ${reason}`);
