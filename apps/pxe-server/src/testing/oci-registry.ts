import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry that speaks the pull half of the OCI distribution specification 1.1, with token authentication if wanted. */
export interface TestRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly requests: string[];
  /** Stores a blob; returns its descriptor. */
  blob(bytes: Buffer, mediaType: string, more?: object): Descriptor;
  /** Stores a manifest under a tag too; returns its descriptor. */
  manifest(repository: string, tag: string, content: object): Descriptor;
  /** An artefact of one layer, as `oras push` makes it. */
  push(repository: string, tag: string, layer: Buffer, mediaType?: string): Descriptor;
  /** Serves other bytes than those that the digest names. */
  tamper(digest: string, bytes: Buffer): void;
  close(): void;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const ociTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** @param credentials `user:password` that its token server accepts; undefined for a registry that is open to all */
export async function testRegistry(credentials?: string): Promise<TestRegistry> {
  const blobs = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const tags = new Map<string, string>();
  const tokens = new Set<string>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${host()}`);
    requests.push(`${request.method} ${url.pathname}`);
    const answer = (status: number, body: Buffer | string = '', headers = {}) =>
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
    if (url.pathname === '/token') {
      const basic = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`;
      if (request.headers.authorization !== basic) return void answer(401);
      const token = randomUUID();
      if (url.searchParams.get('service') === 'test' && url.searchParams.get('scope')?.endsWith(':pull'))
        tokens.add(token);
      return void answer(200, JSON.stringify({ token }), { 'content-type': 'application/json' });
    }
    if (credentials !== undefined && !tokens.has(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
      const scope = `repository:${url.pathname.replace(/^\/v2\/|\/(manifests|blobs)\/.*$/g, '')}:pull`;
      return void answer(401, '', {
        'www-authenticate': `Bearer realm="http://${host()}/token",service="test",scope="${scope}"`,
      });
    }
    const [, repository, kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    const digest = kind === 'manifests' ? (tags.get(`${repository}:${reference}`) ?? reference) : reference;
    const found = blobs.get(digest);
    if (found === undefined) return void answer(404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    if (from >= 0 && from < found.bytes.length) {
      const range = `bytes ${from}-${found.bytes.length - 1}/${found.bytes.length}`;
      return void answer(206, found.bytes.subarray(from), { 'content-range': range });
    }
    return void answer(200, found.bytes, { 'content-type': found.type, 'docker-content-digest': digest });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const blob = (bytes: Buffer, mediaType: string, more = {}): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, { bytes, type: mediaType });
    return { mediaType, digest, size: bytes.length, ...more };
  };
  const manifest = (repository: string, tag: string, content: object): Descriptor => {
    const type = 'manifests' in content ? ociTypes.index : ociTypes.manifest;
    const stored = blob(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, ...content })), type);
    if (tag !== '') tags.set(`${repository}:${tag}`, stored.digest);
    return stored;
  };
  return {
    host: host(),
    requests,
    blob,
    manifest,
    push: (repository, tag, layer, mediaType = 'application/octet-stream') =>
      manifest(repository, tag, { config: blob(Buffer.from('{}'), ociTypes.empty), layers: [blob(layer, mediaType)] }),
    tamper(digest, bytes) {
      const before = blobs.get(digest);
      if (before !== undefined) blobs.set(digest, { ...before, bytes });
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
