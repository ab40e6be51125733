import { networkInterfaces } from 'node:os';
import { contains, containsIpv6, readIpv4, readIpv4Network, readIpv6, readIpv6Network } from '@metal3/dhcp';
import { bootErrors } from '../errors.ts';

/**
 * The address that a setting means: itself, or the one that this machine has in a network, so that replicas on different nodes share one
 * configuration. What is neither comes back as it is, for whoever reads the setting next to say what is wrong.
 * @param field name of the setting
 * @param own IPv4 and IPv6 addresses of this machine
 * @throws CodedError BOOT-DHCP-SETTINGS where there is none, or more than one
 */
export function ownAddress(field: string, value: string, own: readonly string[] = allAddresses()): string {
  const isWithin = value.includes('/') ? membershipOf(value) : undefined;
  if (isWithin === undefined) return value;
  const [address, ...more] = own.filter(isWithin);
  if (address !== undefined && more.length === 0) return address;
  const found = address === undefined ? 'no address' : `the addresses ${[address, ...more].join(', ')}`;
  throw bootErrors.dhcpSettings(`${field}: this machine has ${found} in ${value}`, { details: { field } });
}

function membershipOf(network: string): ((address: string) => boolean) | undefined {
  const [four, six] = [readIpv4Network(network), readIpv6Network(network)];
  if (four === undefined && six === undefined) return undefined;
  return (text) => {
    const [short, long] = [readIpv4(text), readIpv6(text)];
    return (
      (four !== undefined && short !== undefined && contains(four, short)) ||
      (six !== undefined && long !== undefined && containsIpv6(six, long))
    );
  };
}

const allAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
