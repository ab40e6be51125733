import { createHash } from 'node:crypto';
import { request } from 'undici';
import { imageErrors } from '../../errors.ts';
import { chooseManifest, readManifest, type Descriptor } from './manifest.ts';
import { readOciReference, type OciReference } from './reference.ts';

/** A disk image found in a registry, ready to be downloaded over HTTP. */
export interface OciBlob {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: number;
  readonly compressed: boolean;
}

export interface RegistryOptions {
  /** `user:password`, or a bare token; empty for none. */
  readonly pullSecret: string;
  readonly cpuArchitecture: string;
  /** True when the image is wanted raw and nobody converts it. */
  readonly preferRaw: boolean;
  /** Registries (`host:port`) that speak plain HTTP. */
  readonly insecure: readonly string[];
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** Manifests are a few KiB; the specification asks registries to take up to four MiB. */
const longestManifest = 4 * 1024 * 1024;

/**
 * Finds the one layer of an artefact (OCI distribution 1.1). Every manifest is checked against the digest that named it, so whoever pins
 * the reference pins the bytes.
 *
 * @throws CodedError of imageErrors
 */
export async function findOciBlob(url: string, options: RegistryOptions): Promise<OciBlob> {
  const where = readOciReference(url);
  const scheme = options.insecure.includes(where.registry) ? 'http' : 'https';
  const base = `${scheme}://${where.registry}/v2/${where.repository}`;
  let authorization = initialAuthorization(options.pullSecret);

  async function ask(path: string, accept: string) {
    for (let attempt = 0; ; attempt++) {
      const answer = await get(`${base}/${path}`, { accept, ...headersOf(authorization) }, options);
      if (answer.statusCode !== 401 || attempt > 0) return answer;
      const challenge = answer.headers['www-authenticate'];
      await answer.body.dump().catch(() => {});
      authorization = await authorize(String(challenge ?? ''), where, options);
    }
  }

  async function manifest(reference: string, digest: string | undefined) {
    const answer = await ask(`manifests/${reference}`, manifestTypes);
    if (answer.statusCode !== 200) {
      await answer.body.dump().catch(() => {});
      throw refusal(answer.statusCode, `${url} (manifest ${reference})`);
    }
    const bytes = await limited(answer.body, longestManifest, url);
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (digest !== undefined && actual !== digest) {
      throw imageErrors.checksum(`${url}: the manifest has the digest ${actual}, expected was ${digest}`, {
        details: { url, expected: digest, actual },
      });
    }
    return readManifest(bytes.toString('utf8'), url);
  }

  let found = await manifest(where.reference, where.digest);
  if (found.kind === 'index') {
    const chosen = chooseManifest(found.manifests, options, url);
    found = await manifest(chosen.digest, chosen.digest);
  }
  if (found.kind === 'index') throw imageErrors.oci(`${url} is an index of indexes`);
  const [layer] = found.layers;
  if (found.layers.length !== 1 || layer === undefined) {
    throw imageErrors.oci(`${url} has ${found.layers.length} layers; a disk image is exactly one`);
  }
  return {
    url: `${base}/blobs/${layer.digest}`,
    headers: headersOf(authorization),
    digest: layer.digest.replace('sha256:', ''),
    size: layer.size,
    compressed: isCompressed(layer),
  };
}

const isCompressed = ({ mediaType, annotations }: Descriptor) =>
  /\+(gzip|zstd)$/.test(mediaType) || /\.(gz|zst)$/.test(annotations['org.opencontainers.image.title'] ?? '');

const headersOf = (authorization: string | undefined): Readonly<Record<string, string>> =>
  authorization === undefined ? {} : { authorization };

/** A token is used as it is; user and password are given only to who asks for them. */
function initialAuthorization(secret: string): string | undefined {
  return secret === '' || secret.includes(':') ? undefined : `Bearer ${secret}`;
}

/** Answers a challenge: Basic, or a token from the realm it names (distribution specification, token authentication). */
async function authorize(challenge: string, where: OciReference, options: RegistryOptions): Promise<string> {
  const { pullSecret, insecure } = options;
  const basic = pullSecret.includes(':') ? `Basic ${Buffer.from(pullSecret).toString('base64')}` : undefined;
  const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(challenge) ?? [];
  const denied = (why: string) =>
    imageErrors.auth(`${where.registry}/${where.repository} may not be read: ${why}`, {
      details: { registry: where.registry },
    });
  if (scheme.toLowerCase() === 'basic') {
    if (basic === undefined) throw denied('the registry wants a user and a password');
    return basic;
  }
  if (scheme.toLowerCase() !== 'bearer') throw denied('the registry names no way to sign in');
  const fields = new Map([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  const realm = fields.get('realm') ?? '';
  if (!URL.canParse(realm)) throw denied('the registry names no realm');
  const token = new URL(realm);
  // The realm is the registry's word; the password goes nowhere in the clear unless the operator allowed it.
  if (token.protocol !== 'https:' && !insecure.includes(token.host))
    throw denied(`its realm ${token.origin} is not https`);
  const service = fields.get('service');
  if (service !== undefined) token.searchParams.set('service', service);
  token.searchParams.set('scope', fields.get('scope') ?? `repository:${where.repository}:pull`);
  const answer = await get(token.href, headersOf(basic), options);
  const text = (await limited(answer.body, longestManifest, realm)).toString('utf8');
  if (answer.statusCode !== 200) throw denied(`its token server answered ${answer.statusCode}`);
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    given = undefined;
  }
  const { token: one, access_token: other } = (typeof given === 'object' && given !== null ? given : {}) as {
    readonly token?: unknown;
    readonly access_token?: unknown;
  };
  const value = typeof one === 'string' ? one : other;
  if (typeof value !== 'string') throw denied('its token server gave no token');
  return `Bearer ${value}`;
}

async function get(url: string, headers: Readonly<Record<string, string>>, { stallMs, signal }: RegistryOptions) {
  try {
    return await request(url, { headers, signal, headersTimeout: stallMs, bodyTimeout: stallMs });
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof Error ? error.message || String(Reflect.get(error, 'code')) : String(error);
    throw imageErrors.unreachable(`${url}: ${why}`, { cause: error, details: { url } });
  }
}

async function limited(body: AsyncIterable<Uint8Array>, limit: number, url: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw imageErrors.oci(`${url} has a manifest of more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function refusal(status: number, what: string) {
  const options = { details: { status: String(status) } };
  if (status === 401 || status === 403) return imageErrors.auth(`${what}: the registry answered ${status}`, options);
  if (status === 404) return imageErrors.absent(`${what}: the registry answered 404`, options);
  if (status >= 500 || status === 429)
    return imageErrors.unreachable(`${what}: the registry answered ${status}`, options);
  return imageErrors.refused(`${what}: the registry answered ${status}`, options);
}
