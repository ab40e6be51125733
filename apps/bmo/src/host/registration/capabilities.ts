import type { BareMetalHostStatus } from '@metal3/metal3-api';
import type { Json } from '../../kernel.ts';

type BootMode = BareMetalHostStatus['provisioning']['bootMode'];

/**
 * `properties.capabilities` of the node: what is there already, with the boot mode replaced.
 *
 * @param bootMode of the host's status, where it is frozen when an operation begins; absent means UEFI
 */
export function capabilities(present: Json | undefined, bootMode: BootMode): string {
  const others = (typeof present === 'string' ? present : '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('boot_mode:') && !item.startsWith('secure_boot:'));
  return [...others, ...bootCapabilities[bootMode ?? 'UEFI']].join(',');
}

const bootCapabilities = {
  UEFI: ['boot_mode:uefi'],
  UEFISecureBoot: ['boot_mode:uefi', 'secure_boot:true'],
  legacy: ['boot_mode:bios'],
} as const;

/** `instance_info.capabilities`. */
export function instanceCapabilities(bootMode: BootMode): Readonly<Record<string, string>> {
  return bootMode === 'UEFISecureBoot' ? { secure_boot: 'true' } : {};
}
