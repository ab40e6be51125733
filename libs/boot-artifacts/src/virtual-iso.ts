import { createHash } from 'node:crypto';
import { grubConfig, isolinuxConfig } from './boot-config.ts';
import type { ForeignFile, ImageLayout } from './extents.ts';
import { isoLayout } from './iso9660/layout.ts';
import type { BootImage } from './iso9660/el-torito.ts';
import type { ImageFile } from './iso9660/tree.ts';
import { parseKernelLine } from './kernel-line.ts';

/** A file that many images share: the kernel, the ramdisk. */
export interface SharedFile extends ForeignFile {
  /** Digest of the content, so that the image's ETag changes with it. */
  readonly digest: string;
}

/** Boot loaders put on the medium. Without any, the medium carries its configuration but firmware cannot start from it. */
export interface BootLoaders {
  /** FAT image of an EFI system partition; shared by many media. */
  readonly esp?: SharedFile;
  /** ISOLINUX: `isolinux.bin` and the modules it needs by name. */
  readonly isolinux?: { readonly loader: Uint8Array; readonly modules: Readonly<Record<string, Uint8Array>> };
}

/** What one machine boots, as far as the medium is concerned. */
export interface VirtualIsoEntry {
  /** Unguessable name of this preparation; everything individual about the image follows from it. */
  readonly capability: string;
  /** Complete kernel command line. */
  readonly kernelParameters: string;
  readonly kernel: SharedFile;
  readonly ramdisk: SharedFile;
  readonly loaders: BootLoaders;
  /** openstack/latest/network_data.json. */
  readonly networkData?: Uint8Array;
  /** Further files the agent copies from the medium, such as the API's certificate. */
  readonly extraFiles?: readonly ImageFile[];
}

export interface VirtualIso extends ImageLayout {
  /** Strong validator, with quotes. Equal on every replica. */
  readonly etag: string;
  /** Bytes of this image that are not shared with others. */
  readonly ownBytes: number;
}

/**
 * The boot medium of one machine: a few KiB of its own laid over the kernel and ramdisk, which lie elsewhere. A pure function of its
 * entry, so every replica serves the same bytes.
 */
export function virtualIso(entry: VirtualIsoEntry): VirtualIso {
  const { loaders, kernel, ramdisk } = entry;
  const publisher = uuidFrom(entry.capability);
  const label = entry.networkData === undefined ? 'VMEDIA_BOOT_ISO' : 'config-2';
  const linux = {
    kernel: '/vmlinuz',
    ramdisk: '/initrd',
    parameters: mediumParameters(entry.kernelParameters, publisher),
  };
  const marker = `boot/grub/${publisher}`;
  const grub = grubConfig(linux, `/${marker}`);
  const boot: BootImage[] = [
    ...(loaders.isolinux === undefined ? [] : [{ platform: 'bios', path: 'isolinux/isolinux.bin' } as const]),
    ...(loaders.esp === undefined ? [] : [{ platform: 'uefi', path: 'boot/grub/efiboot.img' } as const]),
  ];
  const layout = isoLayout(
    [
      { path: 'boot/grub/grub.cfg', content: grub },
      { path: marker, content: `${publisher}\n` },
      // Where GRUB looks when its prefix is on the EFI system partition's own path.
      { path: 'EFI/BOOT/grub.cfg', content: grub },
      { path: 'isolinux/isolinux.cfg', content: isolinuxConfig(linux) },
      ...(entry.networkData === undefined
        ? []
        : [{ path: 'openstack/latest/network_data.json', content: entry.networkData }]),
      ...(entry.extraFiles ?? []),
      ...isolinuxFiles(loaders),
      ...(loaders.esp === undefined ? [] : [{ path: 'boot/grub/efiboot.img', content: loaders.esp }]),
      { path: 'vmlinuz', content: kernel },
      { path: 'initrd', content: ramdisk },
    ],
    { label, publisher, boot },
  );
  const hash = createHash('sha256');
  const { loader, modules } = loaders.isolinux ?? { loader: undefined, modules: {} };
  const shared = new Set([loader, ...Object.values(modules)].map((bytes) => bytes?.buffer));
  let ownBytes = 0;
  for (const { offset, content } of layout.extents) {
    hash.update(`${offset} `);
    if (content instanceof Uint8Array) {
      hash.update(content);
      if (!shared.has(content.buffer)) ownBytes += content.length;
    }
  }
  hash.update([kernel, ramdisk, loaders.esp].map((file) => file?.digest ?? '').join(' '));
  hash.update(` ${layout.size}`);
  return { ...layout, etag: `"${hash.digest('base64url')}"`, ownBytes };
}

function isolinuxFiles({ isolinux }: BootLoaders): ImageFile[] {
  if (isolinux === undefined) return [];
  const modules = Object.entries(isolinux.modules).map(([name, content]) => ({ path: `isolinux/${name}`, content }));
  return [{ path: 'isolinux/isolinux.bin', content: isolinux.loader }, ...modules];
}

/**
 * What the medium adds to the command line: that it is a medium, and which one. The agent compares `ir_pub_id` with the publisher in
 * the volume descriptor, so that it never mounts another disk with the same label.
 */
function mediumParameters(parameters: string, publisher: string): string {
  const known = parseKernelLine(parameters);
  const added = [
    ...(known.has('boot_method') ? [] : ['boot_method=vmedia']),
    ...(known.has('ir_pub_id') ? [] : [`ir_pub_id=${publisher}`]),
  ];
  return [parameters, ...added].join(' ').trim();
}

/** A UUID (RFC 9562 version 8) that follows from a text. */
export function uuidFrom(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
