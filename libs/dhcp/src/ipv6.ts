import { Address6 } from 'ip-address';

/** An IPv6 address as an unsigned 128-bit number. */
export type Ipv6 = bigint;

/** Reads `2001:db8::1`, without a zone; undefined when the text is anything else. */
export function readIpv6(text: string): Ipv6 | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !Address6.isValid(text)) return undefined;
  return new Address6(text).bigInt();
}

/** In the canonical form of RFC 5952. */
export const formatIpv6 = (address: Ipv6): string => Address6.fromBigInt(address).correctForm();

export interface Ipv6Network {
  readonly first: Ipv6;
  readonly prefix: number;
}

/** Reads `2001:db8::/64`, host bits are dropped; undefined when the text is anything else. */
export function readIpv6Network(text: string): Ipv6Network | undefined {
  const [, host = '', length = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = readIpv6(host);
  const prefix = Number(length);
  if (address === undefined || prefix > 128) return undefined;
  const hostBits = BigInt(128 - prefix);
  return { first: (address >> hostBits) << hostBits, prefix };
}

export const containsIpv6 = ({ first, prefix }: Ipv6Network, address: Ipv6): boolean =>
  address >> BigInt(128 - prefix) === first >> BigInt(128 - prefix);

export const formatIpv6Network = ({ first, prefix }: Ipv6Network): string => `${formatIpv6(first)}/${prefix}`;

/** Sixteen bytes, most significant first. */
export function ipv6Bytes(address: Ipv6): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let at = 15, rest = address; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

/** The number that sixteen bytes stand for. */
export const ipv6Of = (bytes: Uint8Array): Ipv6 => bytes.reduce((address, byte) => (address << 8n) | BigInt(byte), 0n);
