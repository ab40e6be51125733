import { AgentError } from './error.ts';

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha512';

/** Which checksum an image has to have. */
export interface ExpectedChecksum {
  readonly algorithm: HashName;
  /** Hexadecimal, as given. */
  readonly value: string;
}

/** What a deploy step says about an image. */
export interface ImageInfo {
  readonly id: string;
  readonly urls: readonly string[];
  readonly disk_format?: string;
  readonly image_type?: string;
  readonly checksum?: string;
  readonly os_hash_algo?: string;
  readonly os_hash_value?: string;
  readonly stream_raw_images?: boolean;
  readonly configdrive?: string | null;
  readonly node_uuid?: string;
}

/** Reads the image description of a command as the agent does. @throws AgentError InvalidCommandParamsError */
export function parseImageInfo(value: unknown, md5Allowed: boolean): ImageInfo {
  const info = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  for (const field of ['id', 'urls']) if (!(field in info)) throw invalid(`Image is missing '${field}' field.`);
  if (!Array.isArray(info['urls']) || info['urls'].length === 0) {
    throw invalid("Image 'urls' must be a list with at least one element.");
  }
  const { checksum, os_hash_algo: algorithm, os_hash_value: hash } = info;
  let available = false;
  if (checksum !== undefined && checksum !== null) {
    if (typeof checksum !== 'string' || checksum === '') throw invalid("Image 'checksum' must be a non-empty string.");
    available = isUrl(checksum) || checksum.length > 32 || md5Allowed;
  }
  if (truthy(algorithm) || truthy(hash)) {
    if (typeof algorithm !== 'string' || algorithm === '')
      throw invalid("Image 'os_hash_algo' must be a non-empty string.");
    if (typeof hash !== 'string' || hash === '') throw invalid("Image 'os_hash_value' must be a non-empty string.");
    available = true;
  }
  if (!available) {
    throw invalid(
      "Image checksum is not available, either the 'checksum' field or the 'os_hash_algo' and 'os_hash_value' fields pair " +
        'must be set for image verification.',
    );
  }
  return info as unknown as ImageInfo;
}

/** The checksum to compare with; `fetchText` is used when it is given as a URL. os_hash_* goes before checksum. */
export async function expectedChecksum(
  info: ImageInfo,
  fetchText: (url: string) => Promise<string>,
): Promise<ExpectedChecksum> {
  const given = info.os_hash_value ?? info.checksum ?? '';
  const value = isUrl(given) ? fromChecksumFile(await fetchText(given), given, info.urls[0] ?? '') : given;
  const named = info.os_hash_value === undefined ? undefined : hashName(info.os_hash_algo ?? '');
  const algorithm = named ?? byLength(value);
  if (algorithm === undefined) {
    throw new AgentError(
      'CommandExecutionError',
      `Unable to verify checksum ${value} with algorithm ${info.os_hash_algo ?? 'unknown'}`,
    );
  }
  return { algorithm, value };
}

/** Finds the digest of a file in the text of a checksum file: a bare digest, `digest  name`, or `SHA256 (name) = digest`. */
function fromChecksumFile(text: string, url: string, imageUrl: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [only] = lines;
  if (only === undefined) throw download(url, 'Empty checksum file');
  if (lines.length === 1 && !only.includes(' ')) {
    if (byLength(only) === undefined)
      throw download(url, `Invalid checksum file (No valid checksum found) ${JSON.stringify(lines)}`);
    return only;
  }
  const file = new URL(imageUrl).pathname.split('/').pop() ?? '';
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const names = line.includes(`(${file})`) || line.endsWith(` ${file}`) || line.endsWith(` *${file}`);
    const digest = /(?:^|\s)([a-fA-F\d]{32}|[a-fA-F\d]{64}|[a-fA-F\d]{128})(?:\s|$)/.exec(line)?.[1];
    if (names && digest !== undefined) return digest;
  }
  throw download(url, `Checksum file does not contain name ${file}`);
}

function byLength(value: string): HashName | undefined {
  if (!/^[a-fA-F\d]+$/.test(value)) return undefined;
  const names: Readonly<Record<number, HashName>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' };
  return names[value.length];
}

function hashName(text: string): HashName | undefined {
  return text === 'md5' || text === 'sha1' || text === 'sha256' || text === 'sha512' ? text : undefined;
}

const isUrl = (text: string) => text.startsWith('http://') || text.startsWith('https://');
const truthy = (value: unknown) => value !== undefined && value !== null && value !== '';
const invalid = (details: string) => new AgentError('InvalidCommandParamsError', details);
const download = (id: string, reason: string) =>
  new AgentError('ImageDownloadError', `Download of image ${id} failed: ${reason}`);
