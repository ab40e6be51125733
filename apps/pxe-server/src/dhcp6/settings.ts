import { duration } from '@metal3/service';
import { Type, type Static } from 'typebox';

const subnetSettings = Type.Object(
  {
    network: Type.String({ description: 'The subnet, as 2001:db8::/64' }),
    range: Type.Optional(
      Type.String({
        description: 'Addresses that are given out, as 2001:db8::1000-2001:db8::1fff; none: reservations only',
      }),
    ),
    dnsServers: Type.Optional(Type.Array(Type.String(), { description: 'Option 23' })),
  },
  { additionalProperties: false },
);

/** DHCPv6: addresses and boot files for machines that boot over IPv6. */
export const dhcp6Settings = Type.Object({
  mode: Type.Enum(['off', 'server'], { default: 'off', description: 'server gives addresses and boot files' }),
  interface: Type.String({ default: '', description: 'Network interface on which clients and relays are heard' }),
  address: Type.String({
    default: '',
    description:
      'IPv6 address of this machine from which boot loaders are fetched by TFTP; or its network, as 2001:db8::/64, for whichever address this ' +
      'machine has there',
  }),
  httpUrl: Type.String({
    default: '',
    description:
      'Base URL of pxe-server as machines reach it over IPv6, without a slash at the end; empty for http.url',
  }),
  subnets: Type.Array(subnetSettings, { default: [], description: 'The subnet of the interface, and those of relays' }),
  reservations: Type.Array(Type.String(), {
    default: [],
    description: 'Fixed addresses, as 52:54:00:00:00:01=2001:db8::10',
  }),
  unknown: Type.Enum(['ignore', 'discover'], {
    default: 'ignore',
    description: 'Machines that have neither a boot entry nor a reservation: no answer, or an address',
  }),
  unknownLimit: Type.Integer({
    default: 256,
    minimum: 0,
    maximum: 65_536,
    description: 'Addresses that unknown machines may hold on a subnet',
  }),
  leaseTime: duration({ default: '1h', description: 'How long an address is given for' }),
  leaseFile: Type.String({ default: 'pxe-dhcp6-leases.jsonl', description: 'Where leases are kept' }),
});

export type Dhcp6Settings = Static<typeof dhcp6Settings>;
