import { contains, formatIpv4, readIpv4, readIpv4Network } from '@metal3/dhcp';
import { bootErrors } from '../errors.ts';

/**
 * The address that `dhcp.listen` means: itself, or the one that this machine has in a network, so that replicas on different nodes share one
 * configuration.
 * @param own IPv4 addresses of this machine
 * @throws CodedError BOOT-DHCP-SETTINGS where there is none, or more than one
 */
export function listenAddress(listen: string, own: readonly string[]): string {
  const network = listen.includes('/') ? readIpv4Network(listen) : undefined;
  if (network === undefined) return listen;
  const within = own.map(readIpv4).filter((address) => address !== undefined && contains(network, address));
  const [address] = within;
  if (within.length === 1 && address !== undefined) return formatIpv4(address);
  const what = within.length === 0 ? 'no address' : `${within.length} addresses`;
  throw bootErrors.dhcpSettings(`dhcp.listen: this machine has ${what} in ${listen}`, {
    details: { field: 'dhcp.listen' },
  });
}
