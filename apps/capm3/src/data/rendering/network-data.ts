import type { Metal3DataTemplateSpec } from '@metal3/metal3-api';
import { renderLinks, type Link } from './links.ts';
import { netmask } from './netmask.ts';
import { addressFrom, poolOf, type PoolAddresses, type PoolSource } from './pools.ts';
import { RenderingError, type Subjects } from './subjects.ts';

type NetworkTemplate = NonNullable<Metal3DataTemplateSpec['networkData']>;
type NetworksTemplate = NonNullable<NetworkTemplate['networks']>;
type StaticNetwork = NonNullable<NetworksTemplate['ipv4']>[number];
type RouteTemplate = NonNullable<StaticNetwork['routes']>[number];

/** OpenStack's network_data.json, as cloud-init reads it. */
export interface NetworkData {
  readonly links: readonly Link[];
  readonly networks: readonly object[];
  readonly services: readonly Service[];
}

interface Service {
  readonly type: 'dns';
  readonly address: string;
}

type Family = 4 | 6;

/** @throws RenderingError */
export function renderNetworkData(
  { links = {}, networks = {}, services = {} }: NetworkTemplate,
  subjects: Subjects,
  addresses: PoolAddresses,
): NetworkData {
  const dns = (
    { dns: fixed = [], dnsFromIPPool }: { readonly dns?: readonly string[]; readonly dnsFromIPPool?: string },
    field: string,
  ): Service[] => {
    const pooled = dnsFromIPPool === undefined ? [] : addressFrom(addresses, { name: dnsFromIPPool }, field).dnsServers;
    return [...fixed, ...pooled].map((address) => ({ type: 'dns', address }));
  };
  const pooled = (source: PoolSource, field: string) => {
    const pool = poolOf(source, subjects, field);
    if (pool === undefined) throw new RenderingError(`${field} names no pool`);
    return addressFrom(addresses, pool, field);
  };
  const routesOf = (routes: readonly RouteTemplate[] = [], family: Family, id: string): object[] =>
    routes.map(({ network, prefix, gateway, services: routeServices = {} }) => {
      const field = `network ${id}, route to ${network}`;
      return {
        network,
        netmask: netmask(prefix ?? 0, family),
        gateway: gateway.string ?? pooled({ ...gateway, pool: gateway.fromIPPool }, field).gateway ?? '',
        services: dns(routeServices, field),
      };
    });
  const fixed = (type: 'ipv4' | 'ipv6', family: Family) =>
    (networks[type] ?? []).map((network) => {
      const { id, link, routes } = network;
      const { address, prefix } = pooled({ ...network, pool: network.ipAddressFromIPPool }, `network ${id}`);
      return {
        type,
        id,
        link,
        ip_address: address,
        netmask: prefix === undefined ? '' : netmask(prefix, family),
        routes: routesOf(routes, family, id),
      };
    });
  const automatic = (list: 'ipv4DHCP' | 'ipv6DHCP' | 'ipv6SLAAC', type: string, family: Family) =>
    (networks[list] ?? []).map(({ id, link, routes }) => ({ type, id, link, routes: routesOf(routes, family, id) }));

  return {
    links: renderLinks(links, subjects),
    networks: [
      ...fixed('ipv4', 4),
      ...fixed('ipv6', 6),
      ...automatic('ipv4DHCP', 'ipv4_dhcp', 4),
      ...automatic('ipv6DHCP', 'ipv6_dhcp', 6),
      ...automatic('ipv6SLAAC', 'ipv6_slaac', 6),
    ],
    services: dns(services, 'services'),
  };
}
