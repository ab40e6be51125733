import type { Ipv4, Ipv4Network } from '@metal3/dhcp';

export interface AddressRange {
  readonly first: Ipv4;
  /** Included. */
  readonly last: Ipv4;
}

export interface Route {
  readonly to: Ipv4Network;
  readonly via: Ipv4;
}

/** A subnet that addresses are given out on. */
export interface Subnet {
  /** `192.0.2.0/24`; names the subnet in tables, files and logs. */
  readonly name: string;
  readonly network: Ipv4Network;
  /** In order, without overlaps. */
  readonly ranges: readonly AddressRange[];
  readonly routers: readonly Ipv4[];
  readonly dnsServers: readonly Ipv4[];
  readonly ntpServers: readonly Ipv4[];
  readonly domain: string | undefined;
  readonly mtu: number | undefined;
  readonly routes: readonly Route[];
  /** Where boot loaders are fetched; undefined for the address that the server is asked at. */
  readonly tftpServer: Ipv4 | undefined;
  readonly leaseMs: number;
  /** Addresses that machines nobody knows may hold at once. */
  readonly unknownLimit: number;
}

/** An address kept for one machine. */
export interface Reservation {
  readonly address: Ipv4;
  readonly hostName: string | undefined;
}

export const rangeSize = ({ first, last }: AddressRange): number => last - first + 1;

export const sizeOf = ({ ranges }: Pick<Subnet, 'ranges'>): number =>
  ranges.reduce((sum, range) => sum + rangeSize(range), 0);

export const inRanges = ({ ranges }: Pick<Subnet, 'ranges'>, address: Ipv4): boolean =>
  ranges.some(({ first, last }) => address >= first && address <= last);

/** The address at a place in the ranges, counted from 0 through all of them. */
export function addressAt({ ranges }: Pick<Subnet, 'ranges'>, place: number): Ipv4 | undefined {
  for (const range of ranges) {
    if (place < rangeSize(range)) return range.first + place;
    place -= rangeSize(range);
  }
  return undefined;
}
