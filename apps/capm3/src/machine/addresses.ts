import type { BareMetalHost, Metal3MachineStatus } from '@metal3/metal3-api';

type MachineAddresses = NonNullable<Metal3MachineStatus['addresses']>;

/** The status holds at most this many (its schema); a host with more NICs reports the first ones. */
const most = 32;

/** Addresses of a machine, from what inspection found in its host: one per NIC with an address, then its host name. */
export function machineAddresses(host: BareMetalHost): MachineAddresses {
  const hardware = host.status?.hardware;
  const nics = (hardware?.nics ?? []).flatMap(({ ip }) => (ip ? [{ type: 'InternalIP' as const, address: ip }] : []));
  const name = hardware?.hostname;
  const names = name
    ? [
        { type: 'Hostname' as const, address: name },
        { type: 'InternalDNS' as const, address: name },
      ]
    : [];
  return [...nics.slice(0, most - names.length), ...names];
}
