import { createHash } from 'node:crypto';
import {
  concat,
  containsIpv6,
  formatIpv6,
  formatIpv6Network,
  formatMac,
  readIpv6,
  readIpv6Network,
  readMacBytes,
  u16,
  type Ipv6,
  type Ipv6Network,
} from '@metal3/dhcp';
import { bootErrors } from '../errors.ts';
import type { Dhcp6Settings } from './settings.ts';

export interface Subnet6 {
  /** `2001:db8::/64`; names the subnet in tables, files and logs. */
  readonly name: string;
  readonly network: Ipv6Network;
  /** Both ends included; undefined: reservations only. */
  readonly range: { readonly first: Ipv6; readonly last: Ipv6 } | undefined;
  readonly dnsServers: readonly Ipv6[];
  /** Seconds. */
  readonly leaseTime: number;
  readonly unknownLimit: number;
}

export interface Dhcp6Plan {
  readonly subnets: readonly Subnet6[];
  /** By MAC address. */
  readonly reservations: ReadonlyMap<string, Ipv6>;
  readonly reservedAddresses: ReadonlySet<Ipv6>;
  readonly address: Ipv6;
  /** What clients know the server by: the same for all replicas of a configuration, so that one can go on for another. */
  readonly duid: Uint8Array;
}

/** @throws CodedError BOOT-DHCP-SETTINGS naming the setting */
export function readPlan6(settings: Dhcp6Settings): Dhcp6Plan {
  if (settings.interface === '') throw wrong('dhcp6.interface', 'name the interface that faces the machines');
  const address = readAddress(settings.address, 'dhcp6.address');
  if (settings.subnets.length === 0) throw wrong('dhcp6.subnets', 'a server needs a subnet');
  const subnets = settings.subnets.map(({ network: text, range, dnsServers = [] }, index): Subnet6 => {
    const field = `dhcp6.subnets[${index}]`;
    const network = readIpv6Network(text);
    if (network === undefined) throw wrong(`${field}.network`, `"${text}" is not a subnet such as 2001:db8::/64`);
    return {
      name: formatIpv6Network(network),
      network,
      range: range === undefined ? undefined : readRange(range, network, `${field}.range`),
      dnsServers: dnsServers.map((one, at) => readAddress(one, `${field}.dnsServers[${at}]`)),
      leaseTime: Math.max(60, Math.floor(settings.leaseTime / 1000)),
      unknownLimit: settings.unknownLimit,
    };
  });
  const reservations = new Map(
    settings.reservations.map((item, index): [string, Ipv6] => {
      const field = `dhcp6.reservations[${index}]`;
      const [macText = '', addressText = ''] = item.split('=');
      const bytes = readMacBytes(macText.trim());
      if (bytes === undefined)
        throw wrong(field, `"${macText}" is not a MAC address; write 52:54:00:00:00:01=2001:db8::10`);
      const reserved = readAddress(addressText.trim(), field);
      if (!subnets.some(({ network }) => containsIpv6(network, reserved)))
        throw wrong(field, `${addressText} is in none of dhcp6.subnets`);
      return [formatMac(bytes), reserved];
    }),
  );
  const reservedAddresses = new Set([...reservations.values(), address]);
  if (reservedAddresses.size <= reservations.size)
    throw wrong('dhcp6.reservations', 'an address is reserved twice, or is that of this server');
  return { subnets, reservations, reservedAddresses, address, duid: duidOf(subnets) };
}

function readAddress(text: string, field: string): Ipv6 {
  const address = readIpv6(text);
  if (address === undefined) throw wrong(field, `"${text}" is not an IPv6 address`);
  return address;
}

function readRange(text: string, network: Ipv6Network, field: string) {
  const [from = '', to = ''] = text.split('-');
  const [first, last] = [readAddress(from.trim(), field), readAddress(to.trim(), field)];
  if (first > last) throw wrong(field, `"${text}" is not first-last`);
  for (const end of [first, last]) {
    if (!containsIpv6(network, end))
      throw wrong(field, `${formatIpv6(end)} is not within ${formatIpv6Network(network)}`);
  }
  return { first, last };
}

/** DUID-UUID (RFC 6355) that follows from the subnets. */
function duidOf(subnets: readonly Subnet6[]): Uint8Array {
  const digest = createHash('sha256')
    .update(`metal3 dhcp6 ${subnets.map(({ name }) => name).join(' ')}`)
    .digest();
  return concat([u16(4), Uint8Array.from(digest.subarray(0, 16))]);
}

const wrong = (field: string, what: string) => bootErrors.dhcpSettings(`${field}: ${what}`, { details: { field } });

export const subnetOf6 = (subnets: readonly Subnet6[], address: Ipv6): Subnet6 | undefined =>
  subnets.find(({ network }) => containsIpv6(network, address));

export const isDynamic6 = ({ subnets, reservedAddresses }: Dhcp6Plan, address: Ipv6): boolean =>
  !reservedAddresses.has(address) &&
  subnets.some(({ range }) => range !== undefined && address >= range.first && address <= range.last);
