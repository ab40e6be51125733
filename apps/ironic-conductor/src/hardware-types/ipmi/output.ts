/** What ipmitool 1.8 writes, read. Its sentences are the same in every language. */

/** Null when the BMC says something else than on or off. */
export function powerSaid(stdout: string): 'on' | 'off' | null {
  const said = /^Chassis Power is (on|off)$/m.exec(stdout)?.[1];
  return said === 'on' || said === 'off' ? said : null;
}

/** Of `mc info`; in small letters, as nodes carry it. */
export function manufacturerSaid(stdout: string): string | null {
  return /^Manufacturer Name\s*: (.+)$/m.exec(stdout)?.[1]?.trim().toLowerCase() ?? null;
}

/** Of `chassis bootparam get 5`. */
export function bootDeviceSaid(stdout: string): { readonly device: string | null; readonly persistent: boolean } {
  const selector = /Boot Device Selector : (.*)$/m.exec(stdout)?.[1] ?? '';
  return { device: deviceOf(selector), persistent: stdout.includes('Options apply to all future boots') };
}

function deviceOf(selector: string): string | null {
  if (selector.includes('PXE')) return 'pxe';
  if (selector.includes('Hard-Drive')) return selector.includes('Safe-Mode') ? 'safe' : 'disk';
  if (selector.includes('BIOS')) return 'bios';
  return selector.includes('CD/DVD') ? 'cdrom' : null;
}
