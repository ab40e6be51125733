import { ipxeIsoScript, ipxeLocalBootScript, ipxeScript } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';

/**
 * The script that boots what an entry says; without an entry the machine goes on to its disk.
 * @param base URL below which the entry's `kernel` and `ramdisk` are
 */
export function machineScript(entry: BootEntry | undefined, base: string): string {
  switch (entry?.kind) {
    case 'agent':
      return ipxeScript({ kernel: `${base}/kernel`, ramdisk: `${base}/ramdisk`, parameters: entry.kernelParameters });
    case 'iso':
      return ipxeIsoScript(entry.isoUrl);
    default:
      return ipxeLocalBootScript();
  }
}
