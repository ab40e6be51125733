/**
 * Client system architectures (IANA registry for RFC 4578 and RFC 5970). 7 and 9 are both x86-64 UEFI: the RFC had them the other way
 * round for years, and firmware sends either.
 */
export type BootFirmware =
  | 'bios'
  | 'efi-ia32'
  | 'efi-x86_64'
  | 'efi-arm32'
  | 'efi-arm64'
  | 'efi-riscv32'
  | 'efi-riscv64'
  | 'efi-loongarch64'
  | 'unknown';

export interface Architecture {
  readonly firmware: BootFirmware;
  /** The firmware fetches its boot file by HTTP. */
  readonly http: boolean;
}

const registry: Readonly<Record<number, readonly [BootFirmware, 'tftp' | 'http']>> = {
  0: ['bios', 'tftp'],
  6: ['efi-ia32', 'tftp'],
  7: ['efi-x86_64', 'tftp'],
  9: ['efi-x86_64', 'tftp'],
  10: ['efi-arm32', 'tftp'],
  11: ['efi-arm64', 'tftp'],
  15: ['efi-ia32', 'http'],
  16: ['efi-x86_64', 'http'],
  17: ['efi-x86_64', 'http'],
  18: ['efi-arm32', 'http'],
  19: ['efi-arm64', 'http'],
  20: ['bios', 'http'],
  25: ['efi-riscv32', 'tftp'],
  26: ['efi-riscv32', 'http'],
  27: ['efi-riscv64', 'tftp'],
  28: ['efi-riscv64', 'http'],
  39: ['efi-loongarch64', 'tftp'],
  40: ['efi-loongarch64', 'http'],
};

/** What a number of option 93 (DHCPv4) or 61 (DHCPv6) says. */
export function architectureOf(code: number): Architecture {
  const [firmware, way] = registry[code] ?? ['unknown', 'tftp'];
  return { firmware, http: way === 'http' };
}
