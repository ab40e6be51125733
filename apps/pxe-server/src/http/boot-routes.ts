import type { IncomingMessage, ServerResponse } from 'node:http';
import { ipxeIsoScript, ipxeLocalBootScript, ipxeScript, piecesOf } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';
import { readMac, servesNetworkBoot, type BootEntries } from '../boot/entries.ts';
import type { Media, Medium } from '../boot/media.ts';
import type { LocalFile } from '../files/ports.ts';
import type { ObjectStore } from '../files/object-store.ts';
import { readFilePart, send, sendText, type Sendable } from './send.ts';

/** One kind of request, for metrics: never the URL itself, which is a secret. */
export type RouteName = 'iso' | 'ipxe-script' | 'kernel' | 'ramdisk' | 'ipxe-mac' | 'image' | 'unknown';

export interface BootRoutes {
  readonly entries: BootEntries;
  readonly media: Media;
  readonly images: Pick<ObjectStore, 'find' | 'touch'>;
  /** Base URL as machines reach it, without a slash at the end. */
  readonly baseUrl: () => string;
  /** False until all entries are known; "no entry" means nothing before that. */
  readonly synced: () => boolean;
}

/** Serves what machines boot from. Returns the route and the bytes sent. */
export async function serveBoot(
  request: IncomingMessage,
  response: ServerResponse,
  routes: BootRoutes,
): Promise<{ readonly route: RouteName; readonly bytes: number }> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const [, first = '', second = '', third = '', ...more] = path.split('/');
  const plain = (route: RouteName, status: number, text: string, extra = {}) => {
    sendText(request, response, status, text, extra);
    return { route, bytes: 0 };
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain('unknown', 405, 'only GET and HEAD are served\n', { allow: 'GET, HEAD' });
  }
  if (first === 'boot' && more.length === 0) {
    const entry = routes.entries.byCapability(second);
    // One answer for never, not yet and no more: nothing to learn by guessing.
    if (entry === undefined || second === '') return unknown('unknown');
    return serveEntry(third, entry);
  }
  if (first === 'ipxe' && more.length === 0) {
    const mac = readMac(second);
    if (mac === undefined) return plain('ipxe-mac', 400, `"${second.slice(0, 40)}" is not a MAC address\n`);
    const found = routes.entries.byMac(mac);
    // Sent to its disk too early, a machine that is to be deployed would boot its old system.
    if (found === undefined && !routes.synced()) return unknown('ipxe-mac');
    const entry = found !== undefined && servesNetworkBoot(found) ? found : undefined;
    if (third === '') return plain('ipxe-mac', 200, scriptOf(entry, `${routes.baseUrl()}/ipxe/${mac}`));
    // The capability stays secret: whoever knows a MAC address must not learn the way to the medium.
    return entry === undefined || third === 'boot.iso'
      ? plain('ipxe-mac', 404, 'not found\n')
      : serveEntry(third, entry);
  }
  if (first === 'images' && third === '') {
    const file = /^[0-9a-f]{64}$/.test(second) ? routes.images.find(second) : undefined;
    if (file === undefined) return plain('image', 404, 'not found\n');
    routes.images.touch(file.digest);
    return { route: 'image', bytes: await send(request, response, sendableFile(file)) };
  }
  return plain('unknown', 404, 'not found\n');

  function unknown(route: RouteName) {
    if (routes.synced()) return plain(route, 404, 'not found\n');
    return plain(route, 503, 'not ready; try again\n', { 'retry-after': '1' });
  }

  async function serveEntry(
    name: string,
    entry: BootEntry,
  ): Promise<{ readonly route: RouteName; readonly bytes: number }> {
    switch (name) {
      case 'boot.iso':
        if (entry.kind === 'iso') return plain('iso', 302, 'elsewhere\n', { location: entry.isoUrl });
        if (entry.kind !== 'agent') return plain('iso', 404, 'not found\n');
        return { route: 'iso', bytes: await send(request, response, sendableIso(await routes.media.get(entry))) };
      case 'boot.ipxe':
        return plain('ipxe-script', 200, scriptOf(entry, `${routes.baseUrl()}/boot/${entry.capability}`));
      case 'kernel':
      case 'ramdisk': {
        if (entry.kind !== 'agent') return plain(name, 404, 'not found\n');
        const medium = await routes.media.get(entry);
        return { route: name, bytes: await send(request, response, sendableFile(medium[name])) };
      }
      default:
        return plain('unknown', 404, 'not found\n');
    }
  }

  function scriptOf(entry: BootEntry | undefined, base: string): string {
    switch (entry?.kind) {
      case 'agent':
        return ipxeScript({ kernel: `${base}/kernel`, ramdisk: `${base}/ramdisk`, parameters: entry.kernelParameters });
      case 'iso':
        return ipxeIsoScript(entry.isoUrl);
      default:
        return ipxeLocalBootScript();
    }
  }
}

function sendableFile({ path, size, digest }: LocalFile): Sendable {
  return {
    size,
    etag: `"${digest}"`,
    type: 'application/octet-stream',
    read: (offset, length) => readFilePart(path, offset, length),
  };
}

/** The ISO without ever having it in one piece. */
function sendableIso({ iso, files }: Medium): Sendable {
  return {
    size: iso.size,
    etag: iso.etag,
    type: 'application/x-iso9660-image',
    async *read(offset, length) {
      for (const piece of piecesOf(iso, offset, length)) {
        if (piece.kind === 'bytes') yield piece.bytes;
        else if (piece.kind === 'zeros') yield new Uint8Array(piece.length);
        else {
          const file = files.get(piece.source);
          if (file === undefined) throw new Error(`the layout names a file that the medium does not have`);
          yield* readFilePart(file.path, piece.offset, piece.length);
        }
      }
    },
  };
}
