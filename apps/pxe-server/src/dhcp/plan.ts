import {
  contains,
  formatIpv4,
  formatIpv4Network,
  formatMac,
  lastAddress,
  readIpv4,
  readIpv4Network,
  readMacBytes,
  type Ipv4,
} from '@metal3/dhcp';
import { bootErrors } from '../errors.ts';
import type { DhcpSettings, SubnetSettings } from './settings.ts';
import { rangeSize, sizeOf, type AddressRange, type Reservation, type Route, type Subnet } from './subnet.ts';

/** What the settings say, checked and in the server's own terms. */
export interface DhcpPlan {
  readonly subnets: readonly Subnet[];
  /** By MAC address. */
  readonly reservations: ReadonlyMap<string, Reservation>;
  /** Addresses that are given to nobody but whom they are reserved for; the server's own is among them. */
  readonly reservedAddresses: ReadonlySet<Ipv4>;
}

/** Every address has a place in memory. */
const mostAddresses = 262_144;

/** @throws CodedError BOOT-DHCP-SETTINGS naming the setting */
export function readPlan(settings: DhcpSettings): DhcpPlan {
  const subnets = settings.subnets.map((subnet, index) => readSubnet(subnet, `dhcp.subnets[${index}]`, settings));
  for (const [index, { network, name }] of subnets.entries()) {
    const other = subnets
      .slice(0, index)
      .find((one) => contains(one.network, network.first) || contains(network, one.network.first));
    if (other !== undefined) throw wrong(`dhcp.subnets[${index}]`, `${name} overlaps ${other.name}`);
  }
  const total = subnets.reduce((sum, subnet) => sum + sizeOf(subnet), 0);
  if (total > mostAddresses)
    throw wrong('dhcp.subnets', `the ranges hold ${total} addresses, more than ${mostAddresses}`);
  const listen = readIpv4(settings.listen);
  if (settings.mode !== 'off' && listen === undefined) {
    throw wrong('dhcp.listen', `"${settings.listen}" is not the IPv4 address of an interface`);
  }
  if (settings.mode === 'server' && subnets.length === 0) throw wrong('dhcp.subnets', 'a server needs a subnet');
  const reservations = readReservations(settings.reservations, subnets, listen);
  // Whatever the ranges say, nobody gets the address of this server or of a router.
  const infrastructure = subnets.flatMap(({ routers, tftpServer }) => [
    ...routers,
    ...(tftpServer === undefined ? [] : [tftpServer]),
  ]);
  const reservedAddresses = new Set([
    ...[...reservations.values()].map(({ address }) => address),
    ...(listen === undefined ? [] : [listen]),
    ...infrastructure,
  ]);
  return { subnets, reservations, reservedAddresses };
}

function readSubnet(settings: SubnetSettings, field: string, { leaseTime, unknownShare }: DhcpSettings): Subnet {
  const network = readIpv4Network(settings.network);
  if (network === undefined || network.prefix > 30)
    throw wrong(`${field}.network`, `"${settings.network}" is not a subnet such as 192.0.2.0/24`);
  const addresses = (name: 'routers' | 'dnsServers' | 'ntpServers') =>
    (settings[name] ?? []).map((text, index) => readAddress(text, `${field}.${name}[${index}]`));
  const ranges = (settings.ranges ?? []).map((text, index): AddressRange => {
    const [, from = '', to = ''] = /^([\d.]+)\s*-\s*([\d.]+)$/.exec(text) ?? [];
    const [first, last] = [readIpv4(from), readIpv4(to)];
    const here = `${field}.ranges[${index}]`;
    if (first === undefined || last === undefined || first > last) throw wrong(here, `"${text}" is not first-last`);
    if (!contains(network, first) || !contains(network, last))
      throw wrong(here, `${text} is not within ${settings.network}`);
    if (first === network.first || last === lastAddress(network))
      throw wrong(here, `${text} contains the address of the network or of broadcasts`);
    return { first, last };
  });
  ranges.sort((one, other) => one.first - other.first);
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next !== undefined && next.first <= range.last)
      throw wrong(`${field}.ranges`, `${formatIpv4(next.first)} stands in two ranges`);
  }
  return {
    name: formatIpv4Network(network),
    network,
    ranges,
    routers: addresses('routers'),
    dnsServers: addresses('dnsServers'),
    ntpServers: addresses('ntpServers'),
    domain: settings.domain,
    mtu: settings.mtu,
    routes: (settings.routes ?? []).map((text, index) => readRoute(text, `${field}.routes[${index}]`)),
    tftpServer: settings.tftpServer === undefined ? undefined : readAddress(settings.tftpServer, `${field}.tftpServer`),
    leaseMs: leaseTime,
    unknownLimit: Math.floor(ranges.reduce((sum, range) => sum + rangeSize(range), 0) * unknownShare),
  };
}

function readAddress(text: string, field: string): Ipv4 {
  const address = readIpv4(text);
  if (address === undefined) throw wrong(field, `"${text}" is not an IPv4 address`);
  return address;
}

function readRoute(text: string, field: string): Route {
  const [network = '', via = ''] = text.split('=');
  const to = readIpv4Network(network);
  if (to === undefined) throw wrong(field, `"${text}" is not network=router`);
  return { to, via: readAddress(via, field) };
}

function readReservations(
  items: readonly string[],
  subnets: readonly Subnet[],
  own: Ipv4 | undefined,
): Map<string, Reservation> {
  const reservations = new Map<string, Reservation>();
  const taken = new Map<Ipv4, string>();
  for (const [index, item] of items.entries()) {
    const field = `dhcp.reservations[${index}]`;
    const [macText = '', addressText = '', hostName] = item.split('=');
    const bytes = readMacBytes(macText.trim());
    if (bytes === undefined)
      throw wrong(field, `"${macText}" is not a MAC address; write 52:54:00:00:00:01=192.0.2.10`);
    const mac = formatMac(bytes);
    const address = readAddress(addressText.trim(), field);
    if (!subnets.some(({ network }) => contains(network, address)))
      throw wrong(field, `${addressText} is in none of dhcp.subnets`);
    if (address === own) throw wrong(field, `${addressText} is the address of this server`);
    const holder = taken.get(address);
    if (holder !== undefined) throw wrong(field, `${addressText} is reserved for ${holder} already`);
    taken.set(address, mac);
    reservations.set(mac, { address, hostName: hostName?.trim() || undefined });
  }
  return reservations;
}

const wrong = (field: string, what: string) => bootErrors.dhcpSettings(`${field}: ${what}`, { details: { field } });

/** The subnet that an address belongs to. */
export const subnetOf = (subnets: readonly Subnet[], address: Ipv4): Subnet | undefined =>
  subnets.find(({ network }) => contains(network, address));
