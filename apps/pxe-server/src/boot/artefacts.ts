import type { BootEntry } from '@metal3/boot-client';
import { bootErrors } from '../errors.ts';

/** URLs of what an entry boots. */
export interface ArtefactUrls {
  readonly kernel: string;
  readonly ramdisk: string;
  /** EFI system partition image; undefined for none. */
  readonly esp: string | undefined;
}

/** Defaults by architecture; the key `''` stands for every other. */
export type ByArchitecture = ReadonlyMap<string, string>;

export interface ArtefactDefaults {
  readonly kernels: ByArchitecture;
  readonly ramdisks: ByArchitecture;
  readonly espImages: ByArchitecture;
  /** UEFI programs for firmware that boots over HTTP. */
  readonly httpLoaders: ByArchitecture;
}

/** Reads `x86_64=http://...` items; a bare URL counts for every architecture. */
export function byArchitecture(items: readonly string[]): ByArchitecture {
  return new Map(
    items.map((item): [string, string] => {
      const match = /^([A-Za-z0-9_-]+)=(.*)$/s.exec(item);
      return match ? [match[1] ?? '', match[2] ?? ''] : ['', item];
    }),
  );
}

const pick = (own: string, defaults: ByArchitecture, architecture: string): string | undefined =>
  own !== '' ? own : (defaults.get(architecture) ?? defaults.get(''));

/**
 * Kernel and ramdisk come as a pair: both from the entry or both from the configuration, since modules of one do not fit another kernel.
 * @throws CodedError BOOT-FILES-MISSING
 */
export function artefactUrls(entry: BootEntry, defaults: ArtefactDefaults): ArtefactUrls {
  const { cpuArchitecture: architecture, nodeUuid } = entry;
  const own = entry.kernelUrl !== '' && entry.ramdiskUrl !== '';
  const kernel = pick(own ? entry.kernelUrl : '', defaults.kernels, architecture);
  const ramdisk = pick(own ? entry.ramdiskUrl : '', defaults.ramdisks, architecture);
  if (kernel === undefined || ramdisk === undefined) {
    const missing = kernel === undefined ? 'kernel' : 'ramdisk';
    throw bootErrors.filesMissing(
      `node ${nodeUuid} has no ${missing} to boot, and none is configured for the architecture "${architecture}"`,
      { details: { node: nodeUuid, architecture } },
    );
  }
  return { kernel, ramdisk, esp: pick(entry.espUrl, defaults.espImages, architecture) };
}
