import type { IncomingMessage, ServerResponse } from 'node:http';
import { piecesOf } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';
import { macInUrl, readMac, servesNetworkBoot, type BootEntries } from '../boot/entries.ts';
import type { ConfigDrive, ConfigDrives } from '../boot/config-drives.ts';
import type { Media, Medium } from '../boot/media.ts';
import type { BootEvents } from '../events/boot-events.ts';
import type { LocalFile } from '../files/ports.ts';
import { machineScript } from '../ipxe/machine-script.ts';
import type { BodyPart, BodySender } from './body.ts';
import { send, sendText, type Sendable } from './send.ts';

/** One kind of request, for metrics: never the URL itself, which is a secret. */
export type RouteName =
  | 'iso'
  | 'config-drive'
  | 'ipxe-script'
  | 'kernel'
  | 'ramdisk'
  | 'loader'
  | 'ipxe-mac'
  | 'ipxe-entry'
  | 'image'
  | 'unknown';

/** What a request was for and how many body bytes it got. */
export interface Served {
  readonly route: RouteName;
  readonly bytes: number;
}

export interface BootRoutes {
  readonly entries: BootEntries;
  readonly media: Media;
  readonly configDrives: ConfigDrives;
  /** A cached image by its SHA-256. */
  readonly image: (digest: string) => Promise<LocalFile | undefined>;
  readonly body: BodySender;
  readonly events: BootEvents;
  /** `redirect` sends whoever asks for a ready-made ISO to its own server. */
  readonly liveIso: 'through' | 'redirect';
  /** Base URL as machines reach it, without a slash at the end. */
  readonly baseUrl: () => string;
  /** False until all entries are known; "no entry" means nothing before that. */
  readonly synced: () => boolean;
  /** What machines boot from the network that have no entry; undefined: their disk. */
  readonly discovery: BootEntry | undefined;
}

/** Serves what machines boot from. */
export async function serveBoot(
  request: IncomingMessage,
  response: ServerResponse,
  routes: BootRoutes,
): Promise<Served> {
  const [, first = '', second = '', third = '', ...more] = pathOf(request).split('/');
  const client = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const plain = (route: RouteName, status: number, text: string, extra = {}): Served => {
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
    return serveEntry(third, entry, `${routes.baseUrl()}/boot/${entry.capability}`);
  }
  if (first === 'ipxe' && more.length === 0) {
    const mac = readMac(second);
    if (mac === undefined) return plain('ipxe-mac', 400, `"${second.slice(0, 40)}" is not a MAC address\n`);
    const found = routes.entries.byMac(mac);
    // Sent to its disk too early, a machine that is to be deployed would boot its old system.
    if (found === undefined && !routes.synced()) return unknown('ipxe-mac');
    if (found === undefined)
      routes.events.record({ kind: 'unknown-machine', macAddress: mac, client, what: 'ipxe-mac' });
    const entry = found === undefined ? routes.discovery : servesNetworkBoot(found) ? found : undefined;
    const base = `${routes.baseUrl()}/ipxe/${macInUrl(mac)}`;
    if (third === '') {
      if (entry !== undefined && found !== undefined) {
        const { nodeUuid, capability } = found;
        routes.events.asked(capability, { nodeUuid, macAddress: mac, client, what: 'ipxe-mac' });
      }
      return plain('ipxe-mac', 200, machineScript(entry, base));
    }
    // The capability stays secret: whoever knows a MAC address must not learn the way to the medium.
    return entry === undefined || secret.has(third)
      ? plain('ipxe-mac', 404, 'not found\n')
      : serveEntry(third, entry, base);
  }
  if (first === 'images' && third === '') {
    const file = /^[0-9a-f]{64}$/.test(second) ? await routes.image(second) : undefined;
    if (file === undefined) return plain('image', 404, 'not found\n');
    return sendFile('image', file.digest, '', file, 'application/octet-stream');
  }
  return plain('unknown', 404, 'not found\n');

  function unknown(route: RouteName): Served {
    if (routes.synced()) return plain(route, 404, 'not found\n');
    return plain(route, 503, 'not ready; try again\n', { 'retry-after': '1' });
  }

  async function tracked(route: RouteName, whose: string, nodeUuid: string, sendable: Sendable): Promise<Served> {
    const event = { nodeUuid, client, what: route };
    routes.events.asked(whose, event);
    const bytes = await send(request, response, sendable, routes.body);
    routes.events.sent(whose, event, bytes, sendable.size);
    return { route, bytes };
  }

  function sendFile(route: RouteName, whose: string, nodeUuid: string, file: LocalFile, type: string): Promise<Served> {
    return tracked(route, whose, nodeUuid, sendableFile(file, type));
  }

  async function serveEntry(name: string, entry: BootEntry, base: string): Promise<Served> {
    const { kind, capability, nodeUuid } = entry;
    switch (name) {
      case 'boot.iso': {
        if (kind === 'iso' && routes.liveIso === 'redirect')
          return plain('iso', 302, 'elsewhere\n', { location: entry.isoUrl });
        if (kind !== 'agent' && kind !== 'iso') return plain('iso', 404, 'not found\n');
        const medium = await routes.media.get(entry);
        return medium.kind === 'iso'
          ? sendFile('iso', capability, nodeUuid, medium.file, isoType)
          : tracked('iso', capability, nodeUuid, sendableIso(medium));
      }
      case 'config-drive.img': {
        if (kind !== 'iso') return plain('config-drive', 404, 'not found\n');
        return tracked('config-drive', capability, nodeUuid, sendableDrive(await routes.configDrives.get(entry)));
      }
      case 'boot.ipxe':
        routes.events.asked(capability, { nodeUuid, client, what: 'ipxe-script' });
        return plain('ipxe-script', 200, machineScript(entry, base));
      case 'boot.efi': {
        const loader = await routes.media.loader(entry.cpuArchitecture);
        if (loader === undefined) return plain('loader', 404, 'not found\n');
        return sendFile('loader', capability, nodeUuid, loader, 'application/efi');
      }
      case 'kernel':
      case 'ramdisk': {
        if (kind !== 'agent') return plain(name, 404, 'not found\n');
        const medium = await routes.media.get(entry);
        if (medium.kind !== 'agent') return plain(name, 404, 'not found\n');
        return sendFile(name, capability, nodeUuid, medium[name], 'application/octet-stream');
      }
      default:
        return plain('unknown', 404, 'not found\n');
    }
  }
}

/** What nobody is given for a MAC address alone. */
const secret = new Set(['boot.iso', 'config-drive.img']);

/** UEFI 2.10 24.7.3: firmware that boots over HTTP tells a disk image from a program by these types. */
const isoType = 'application/vnd.efi-iso';

/** Proxies and some firmware send the whole URL (RFC 9112 3.2.2); some put an extra slash in front. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const path = /^(?:https?:\/\/[^/?#]*)?\/*([^?#]*)/i.exec(url)?.[1] ?? '';
  return `/${path.includes('%') ? path.replace(/%3a/gi, ':') : path}`;
}

function sendableFile(file: LocalFile, type: string): Sendable {
  return {
    size: file.size,
    etag: `"${file.digest}"`,
    type,
    parts: (offset, length) => [{ kind: 'file', file, offset, length }],
  };
}

const sendableDrive = ({ bytes, etag }: ConfigDrive): Sendable => ({
  size: bytes.length,
  etag,
  type: 'application/octet-stream',
  parts: (offset, length) => [{ kind: 'bytes', bytes: bytes.subarray(offset, offset + length) }],
});

/** The ISO without ever having it in one piece. */
function sendableIso({ iso, files }: Medium & { kind: 'agent' }): Sendable {
  return {
    size: iso.size,
    etag: iso.etag,
    type: isoType,
    *parts(offset, length): Generator<BodyPart> {
      for (const piece of piecesOf(iso, offset, length)) {
        if (piece.kind !== 'foreign') yield piece;
        else {
          const file = files.get(piece.source);
          if (file === undefined) throw new Error(`the layout names a file that the medium does not have`);
          yield { kind: 'file', file, offset: piece.offset, length: piece.length };
        }
      }
    },
  };
}
