import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { macInUrl, readMac, servesNetworkBoot, type BootEntries } from '../boot/entries.ts';
import { entryScript, waitScript } from '../ipxe/entry-script.ts';
import { machineScript } from '../ipxe/machine-script.ts';
import type { TftpFiles } from '../tftp/ports.ts';
import type { BodySender } from './body.ts';
import { pathOf, type RouteName, type Served } from './boot-routes.ts';
import { send, sendText } from './send.ts';

export interface NetworkBootRoutes {
  readonly entries: Pick<BootEntries, 'byMac'>;
  readonly loaders: TftpFiles;
  readonly body: BodySender;
  readonly baseUrl: () => string;
  readonly synced: () => boolean;
}

/**
 * Serves what firmware and iPXE fetch before they know what to boot: `/loaders/<file>`, `/boot.ipxe`, and `/ipxe/<mac>/boot.ipxe`, which
 * answers 404 for machines without an entry so that iPXE tries the next card. Undefined for any other path.
 */
export function serveNetworkBoot(
  request: IncomingMessage,
  response: ServerResponse,
  { entries, loaders, body, baseUrl, synced }: NetworkBootRoutes,
): Served | Promise<Served> | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const path = pathOf(request);
  const text = (route: RouteName, status: number, content: string): Served => {
    sendText(request, response, status, content);
    return { route, bytes: 0 };
  };
  if (path === '/boot.ipxe') return text('ipxe-entry', 200, (synced() ? entryScript : waitScript)(baseUrl()));

  const machine = /^\/ipxe\/([^/]+)\/boot\.ipxe$/.exec(path)?.[1];
  if (machine !== undefined) {
    const mac = readMac(machine);
    const entry = mac === undefined ? undefined : entries.byMac(mac);
    if (mac === undefined || entry === undefined) return text('ipxe-mac', synced() ? 404 : 503, 'no boot entry\n');
    return text(
      'ipxe-mac',
      200,
      machineScript(servesNetworkBoot(entry) ? entry : undefined, `${baseUrl()}/ipxe/${macInUrl(mac)}`),
    );
  }

  const loader = /^\/loaders\/(.+)$/.exec(path)?.[1];
  return loader === undefined ? undefined : sendLoader(loader);

  async function sendLoader(name: string): Promise<Served> {
    const file = await loaders.find(name);
    if (file === undefined) return text('loader', 404, 'not found\n');
    const { bytes } = file;
    const sendable = {
      size: bytes.length,
      etag: `"${createHash('sha256').update(bytes).digest('hex')}"`,
      // UEFI 2.10 section 24.7.2: firmware goes by this type when the name does not end in .efi.
      type: name.endsWith('.efi') ? 'application/efi' : 'application/octet-stream',
      parts: (offset: number, length: number) => [
        { kind: 'bytes', bytes: bytes.subarray(offset, offset + length) } as const,
      ],
    };
    return { route: 'loader', bytes: await send(request, response, sendable, body) };
  }
}
