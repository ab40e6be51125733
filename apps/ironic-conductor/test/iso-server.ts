import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fatImage, imageBytes, virtualIso, type ImageLayout } from '@metal3/boot-artifacts';
import type { NodeStore } from '@metal3/node-store';

/**
 * Serves each boot entry of a store as an ISO by its capability, by ranges, and as an iPXE script by MAC address: as much of pxe-server as these tests
 * need.
 */
export async function isoServer(
  store: Pick<NodeStore, 'bootEntries'>,
): Promise<{ url: string; close(): Promise<void> }> {
  const esp = fatImage([{ path: 'EFI/BOOT/BOOTX64.EFI', content: Buffer.from('MZ boot loader') }], {
    minimumSize: 65_536,
  });
  const isos = new Map<string, Buffer>();
  const files = new Map<string, Buffer>([['esp', Buffer.from(esp)]]);
  const fetched = async (url: string): Promise<Buffer> => {
    const known = files.get(url) ?? Buffer.from(await (await fetch(url)).arrayBuffer());
    files.set(url, known);
    return known;
  };
  const build = async (capability: string): Promise<Buffer | undefined> => {
    const known = isos.get(capability);
    if (known !== undefined) return known;
    const entry = (await store.bootEntries.list()).find((each) => each.capability === capability);
    if (entry === undefined) return undefined;
    const shared = async (url: string) => {
      const bytes = await fetched(url);
      return { kind: 'foreign', source: url, size: bytes.length, digest: url } as const;
    };
    const layout: ImageLayout = virtualIso({
      capability,
      kernelParameters: entry.kernelParameters,
      kernel: await shared(entry.kernelUrl),
      ramdisk: await shared(entry.ramdiskUrl),
      loaders: { esp: { kind: 'foreign', source: 'esp', size: esp.length, digest: 'esp' } },
    });
    const filled: ImageLayout = {
      size: layout.size,
      extents: layout.extents.map((extent) => ({
        ...extent,
        content:
          extent.content instanceof Uint8Array ? extent.content : (files.get(extent.content.source) ?? Buffer.alloc(0)),
      })),
    };
    const bytes = Buffer.from(imageBytes(filled));
    isos.set(capability, bytes);
    return bytes;
  };
  const scriptOf = async (mac: string): Promise<string | undefined> => {
    const entry = (await store.bootEntries.list()).find(({ macAddresses }) => macAddresses.includes(mac));
    return entry && `#!ipxe\nkernel ${entry.kernelUrl} ${entry.kernelParameters}\ninitrd ${entry.ramdiskUrl}\nboot\n`;
  };
  const server = createServer((request, response) => {
    const mac = /^\/ipxe\/([^/]+)\/boot\.ipxe$/.exec(request.url ?? '')?.[1];
    if (mac !== undefined)
      return void scriptOf(mac).then((script) => response.writeHead(script === undefined ? 404 : 200).end(script));
    const capability = /^\/boot\/([^/]+)\/boot\.iso$/.exec(request.url ?? '')?.[1] ?? '';
    void build(capability).then((bytes) => {
      if (bytes === undefined) return response.writeHead(404).end();
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
      const from = Number(range?.[1] ?? 0);
      const to = range?.[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
      const headers = {
        'content-length': to - from + 1,
        'accept-ranges': 'bytes',
        'content-range': `bytes ${from}-${to}/${bytes.length}`,
      };
      response.writeHead(range === null ? 200 : 206, headers);
      return response.end(request.method === 'HEAD' ? undefined : bytes.subarray(from, to + 1));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}
