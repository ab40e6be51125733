import { isIPv4, isIPv6 } from 'node:net';
import { invalid } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

const mac = { type: 'string', pattern: '^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$' };
const word = { type: 'string' };
const everyLink = { id: word, mtu: { type: ['number', 'null'], minimum: 1, maximum: 65_535 }, vif_id: word };
const cards = ['bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif', 'phy'];
const bondModes = [
  ...['802.3ad', 'balance-rr', 'active-backup', 'balance-xor', 'broadcast', 'balance-tlb', 'balance-alb'],
];

const checkWhole = schemaCheck('network_data', {
  type: 'object',
  properties: {
    links: { type: 'array', items: { type: 'object', required: ['id', 'type'] } },
    networks: { type: 'array', items: { type: 'object', required: ['id', 'link', 'network_id', 'type'] } },
    services: { type: 'array', items: { type: 'object', required: ['address', 'type'] } },
  },
  required: ['links', 'networks', 'services'],
});

const linkSchema = (properties: object, required: readonly string[]): object => ({
  properties: { ...everyLink, ...properties },
  required,
});
const cardSchema = linkSchema({ ethernet_mac_address: mac }, ['ethernet_mac_address']);
const bondSchema = linkSchema(
  { ethernet_mac_address: mac, bond_mode: { enum: bondModes }, bond_links: { type: 'array', items: word } },
  ['ethernet_mac_address', 'bond_mode', 'bond_links'],
);
const vlanSchema = linkSchema({ vlan_mac_address: mac, vlan_link: word, vlan_id: { type: 'integer' } }, [
  ...['vlan_mac_address', 'vlan_link', 'vlan_id'],
]);
const linkSchemas: Readonly<Record<string, object>> = {
  ...Object.fromEntries(cards.map((type) => [type, cardSchema])),
  bond: bondSchema,
  vlan: vlanSchema,
};

/** How the addresses of a network are written. */
interface Family {
  readonly address: (text: string) => boolean;
  readonly host: (text: string) => boolean;
  readonly netmask: (text: string) => boolean;
}

const ipv4: Family = { address: isIPv4, host: isIPv4, netmask: isIpv4Netmask };
const ipv6: Family = {
  address: isIPv6,
  // The length of the prefix may follow the address of a host.
  host: (text) => isIPv6(text.replace(/\/\d{1,3}$/, '')),
  netmask: isIPv6,
};
const families: Readonly<Record<string, Family>> = {
  ipv4,
  ipv4_dhcp: ipv4,
  ipv6,
  ipv6_dhcp: ipv6,
  ipv6_slaac: ipv6,
};

/** Ones followed by zeros. */
function isIpv4Netmask(text: string): boolean {
  if (!isIPv4(text)) return false;
  return /^1*0*$/.test(
    text
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join(''),
  );
}

type Part = Readonly<Record<string, unknown>>;
const linkChecks = new Map(
  Object.entries(linkSchemas).map(([type, schema]) => [
    type,
    schemaCheck(`a link of type ${type} in network_data`, schema),
  ]),
);

/**
 * Checks static network configuration of a node, which has the form of OpenStack's network_data.json: links, networks over them, and name
 * servers. An empty object means none.
 *
 * @throws Fault (400) naming the part that is wrong
 */
export function checkNetworkData(data: unknown): void {
  if (data === undefined || data === null) return;
  if (typeof data === 'object' && !Array.isArray(data) && Object.keys(data).length === 0) return;
  checkWhole(data);
  const { links, networks, services } = data as Readonly<Record<'links' | 'networks' | 'services', readonly Part[]>>;
  links.forEach((link, index) => {
    const type = String(link['type']);
    const check = linkChecks.get(type);
    if (check === undefined) throw wrong(`links[${index}].type`, type, Object.keys(linkSchemas).join(', '));
    check(link);
  });
  networks.forEach((network, index) => checkNetwork(network, `networks[${index}]`));
  services.forEach(({ type, address }, index) => {
    if (type !== 'dns') throw wrong(`services[${index}].type`, type, 'dns');
    if (!matches(address, isIPv4) && !matches(address, isIPv6))
      throw wrong(`services[${index}].address`, address, 'an IP address');
  });
}

function checkNetwork(network: Part, place: string): void {
  const family = families[String(network['type'])];
  if (family === undefined) throw wrong(`${place}.type`, network['type'], Object.keys(families).join(', '));
  const { ip_address: host, netmask, routes } = network;
  if (host !== undefined && !matches(host, family.host)) throw wrong(`${place}.ip_address`, host, 'an IP address');
  if (netmask !== undefined && !matches(netmask, family.netmask))
    throw wrong(`${place}.netmask`, netmask, 'a netmask of its family');
  if (routes === undefined) return;
  if (!Array.isArray(routes)) throw wrong(`${place}.routes`, routes, 'a list');
  routes.forEach((route: unknown, index) => {
    const given = (route ?? {}) as Part;
    const rules = { network: family.address, netmask: family.netmask, gateway: family.address };
    for (const [name, valid] of Object.entries(rules)) {
      if (!matches(given[name], valid))
        throw wrong(`${place}.routes[${index}].${name}`, given[name], 'an address of its family');
    }
  });
}

const matches = (value: unknown, valid: (text: string) => boolean): boolean =>
  typeof value === 'string' && valid(value);

const wrong = (place: string, value: unknown, wanted: string) =>
  invalid(`Invalid network_data: ${place} is ${JSON.stringify(value) ?? 'missing'}; use ${wanted}`);
