import { duration } from '@metal3/service';
import { Type, type Static } from 'typebox';

const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

const subnetSettings = Type.Object(
  {
    network: Type.String({ description: 'The subnet, as 192.0.2.0/24' }),
    ranges: texts('Addresses that are given out, as 192.0.2.100-192.0.2.200; none: reservations only'),
    routers: texts('Option 3; none: machines get no default route'),
    dnsServers: texts('Option 6'),
    ntpServers: texts('Option 42'),
    domain: Type.Optional(Type.String({ description: 'Option 15' })),
    mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65_535, description: 'Option 26' })),
    routes: texts('Option 121, as 198.51.100.0/24=192.0.2.1'),
    tftpServer: Type.Optional(
      Type.String({
        description: 'Address from which machines of this subnet fetch boot loaders; default dhcp.listen',
      }),
    ),
  },
  { additionalProperties: false },
);

/** DHCPv4: addresses and boot files for machines. */
export const dhcpSettings = Type.Object({
  mode: Type.Enum(['off', 'server', 'proxy'], {
    default: 'off',
    description:
      'server gives addresses and boot files; proxy gives boot files only, beside a DHCP server that is there already',
  }),
  listen: Type.String({
    default: '',
    env: ['DHCP_LISTEN', 'PROVISIONING_IP'],
    description:
      'IPv4 address of this machine on the network of the machines, also what they know the server by; or that network, as 192.0.2.0/24, for ' +
      'whichever address this machine has there',
  }),
  ports: Type.Object({
    server: Type.Integer({ default: 67, minimum: 1, maximum: 65_535, description: 'Port of DHCP servers' }),
    client: Type.Integer({ default: 68, minimum: 1, maximum: 65_535, description: 'Port of DHCP clients' }),
    proxy: Type.Integer({ default: 4011, minimum: 1, maximum: 65_535, description: 'Port of PXE boot servers' }),
  }),
  subnets: Type.Array(subnetSettings, {
    default: [],
    description: 'The subnet of dhcp.listen, and those whose relays ask here',
  }),
  reservations: Type.Array(Type.String(), {
    default: [],
    description: 'Fixed addresses, as 52:54:00:00:00:01=192.0.2.10 or 52:54:00:00:00:01=192.0.2.10=name',
  }),
  unknown: Type.Enum(['ignore', 'discover'], {
    default: 'ignore',
    description:
      'Machines that have neither a boot entry nor a reservation: no answer, or an address and what ipxe.discoveryKernelParameters says',
  }),
  unknownShare: Type.Number({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description:
      'Share of the ranges that unknown machines may hold, so that they never take the last address from a known one',
  }),
  leaseTime: duration({ default: '1h', description: 'How long an address is given for' }),
  leaseFile: Type.String({
    default: 'pxe-dhcp-leases.jsonl',
    description: 'Where leases are kept; machines keep their addresses as long as this file stays',
  }),
  conflictProbe: Type.Boolean({
    default: true,
    description: 'Look whether somebody uses an address before it is offered for the first time',
  }),
});

export type DhcpSettings = Static<typeof dhcpSettings>;
export type SubnetSettings = DhcpSettings['subnets'][number];
