import type { BootFirmware } from '@metal3/dhcp';
import { bootErrors } from '../errors.ts';

/** File name of the boot loader by firmware. */
export type Loaders = ReadonlyMap<BootFirmware, string>;

const firmware: readonly BootFirmware[] = [
  'bios',
  'efi-ia32',
  'efi-x86_64',
  'efi-arm32',
  'efi-arm64',
  'efi-riscv32',
  'efi-riscv64',
  'efi-loongarch64',
];

/**
 * Reads `efi-x86_64=snponly.efi` items.
 * @throws CodedError BOOT-LOADER-INVALID naming the item
 */
export function readLoaders(items: readonly string[]): Loaders {
  return new Map(
    items.map((item): [BootFirmware, string] => {
      const [, name, file = ''] = /^([a-z0-9_-]+)=([A-Za-z0-9][A-Za-z0-9._/-]*)$/.exec(item) ?? [];
      const known = firmware.find((one) => one === name);
      if (known === undefined || file.includes('..')) {
        throw bootErrors.loader(`ipxe.loaders: "${item}" is not firmware=file with one of ${firmware.join(', ')}`);
      }
      return [known, file];
    }),
  );
}
