import { isIP } from 'node:net';
import { Address6 } from 'ip-address';

/** An address as a number; two spellings of one address are equal in it. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Subnet {
  readonly family: 4 | 6;
  /** The address as written, which need not be the network's: 192.168.0.10/24. */
  readonly written: bigint;
  readonly first: bigint;
  readonly last: bigint;
}

const bits = { 4: 32, 6: 128 } as const;

/** Reads an address; undefined if it is none. IPv4-mapped IPv6 addresses count as IPv4. */
export function parseIp(text: string | undefined): Ip | undefined {
  switch (isIP(text ?? '')) {
    case 4:
      return { family: 4, value: BigInt(parseQuad(text ?? '')) };
    case 6: {
      const value = text?.includes('%') ? undefined : new Address6(text ?? '').bigInt();
      if (value === undefined) return undefined;
      return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
    }
    default:
      return undefined;
  }
}

/** The canonical text (RFC 5952 for IPv6). */
export function formatIp({ family, value }: Ip): string {
  return family === 4 ? formatQuad(Number(value)) : Address6.fromBigInt(value).correctForm();
}

function parseQuad(text: string): number {
  return text.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function formatQuad(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Reads a subnet in CIDR notation; undefined if it is none. */
export function parseSubnet(text: string | undefined): Subnet | undefined {
  const [address, length = '', rest] = (text ?? '').split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest !== undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const hostBits = bits[ip.family] - Number(length);
  if (hostBits < 0) return undefined;
  const first = (ip.value >> BigInt(hostBits)) << BigInt(hostBits);
  return { family: ip.family, written: ip.value, first, last: first + (1n << BigInt(hostBits)) - 1n };
}

/** The last address of a family. */
export function lastAddress(family: 4 | 6): bigint {
  return (1n << BigInt(bits[family])) - 1n;
}

/** The key under which addresses are compared in sets and maps. */
export function ipKey({ family, value }: Ip): string {
  return `${family}/${value}`;
}

export function isIp(ip: Ip, other: Ip | undefined): boolean {
  return other !== undefined && ip.family === other.family && ip.value === other.value;
}
