/** An IPv4 address as an unsigned 32-bit number: compares, counts and keys maps cheaply. */
export type Ipv4 = number;

/** Reads `192.0.2.1`; undefined when the text is anything else. */
export function readIpv4(text: string): Ipv4 | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((address, part) => address * 256 + part, 0);
}

export const formatIpv4 = (address: Ipv4): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

/** A network: its first address and the length of its prefix in bits. */
export interface Ipv4Network {
  readonly first: Ipv4;
  readonly prefix: number;
}

/** Reads `192.0.2.0/24`, host bits are dropped; undefined when the text is anything else. */
export function readIpv4Network(text: string): Ipv4Network | undefined {
  const [, host = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const address = readIpv4(host);
  const prefix = Number(length);
  if (address === undefined || prefix > 32) return undefined;
  return { first: (address & netmask(prefix)) >>> 0, prefix };
}

/** `24` -> 255.255.255.0 */
export const netmask = (prefix: number): Ipv4 => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);

/** The last address of the network, where directed broadcasts go. */
export const lastAddress = ({ first, prefix }: Ipv4Network): Ipv4 => (first | ~netmask(prefix)) >>> 0;

export const contains = ({ first, prefix }: Ipv4Network, address: Ipv4): boolean =>
  (address & netmask(prefix)) >>> 0 === first;

export const formatIpv4Network = ({ first, prefix }: Ipv4Network): string => `${formatIpv4(first)}/${prefix}`;
