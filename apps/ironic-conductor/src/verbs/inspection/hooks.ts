import { type InspectedInterface, type InspectionPayload } from '@metal3/agent';
import { findMacAddress, type JsonObject, type MacAddress, type Port } from '@metal3/node';
import { neighboursOf } from './lldp/neighbours.ts';

/** Which of the reported interfaces become ports, and which ports stay. Metal3 sets `all` and `present`. */
export interface PortPolicy {
  readonly add: 'all' | 'active' | 'pxe' | 'disabled';
  readonly keep: 'all' | 'present' | 'added';
}

export interface PortChanges {
  readonly create: readonly {
    readonly address: MacAddress;
    readonly pxeEnabled: boolean;
    readonly extra: JsonObject;
    /** What the switch at the other end said of itself, if it did. */
    readonly localLinkConnection?: JsonObject;
  }[];
  readonly remove: readonly Port[];
  readonly update: readonly {
    readonly port: Port;
    readonly pxeEnabled: boolean;
    readonly localLinkConnection?: JsonObject;
  }[];
}

export interface InspectionResult {
  readonly properties: JsonObject;
  readonly ports: PortChanges;
  /** As the REST API serves them under nodes/{id}/inventory. */
  readonly inventory: JsonObject;
  readonly pluginData: JsonObject;
}

interface Reported {
  readonly mac: MacAddress;
  readonly pxe: boolean;
  readonly active: boolean;
  readonly loopback: boolean;
  readonly raw: InspectedInterface;
}

interface Found {
  readonly reported: readonly Reported[];
  readonly valid: readonly Reported[];
  readonly pxeMac: MacAddress | undefined;
  readonly links: ReadonlyMap<MacAddress, JsonObject>;
}

/**
 * Evaluates what an agent reported, as Ironic's hooks ramdisk-error, validate-interfaces, ports, architecture, parse-lldp and
 * local-link-connection do. All objections of the checking half are collected into one message.
 */
export function digest(
  payload: InspectionPayload,
  known: { readonly properties: JsonObject; readonly ports: readonly Port[] },
  policy: PortPolicy,
):
  | { readonly kind: 'result'; readonly result: InspectionResult }
  | { readonly kind: 'problem'; readonly message: string } {
  const problems: string[] = [];
  const said = payload.error;
  if (typeof said === 'string' && said !== '') problems.push(`Ramdisk reported error: ${said}`);

  const pxeMac = bootMac(payload.inventory.boot?.pxe_interface ?? payload.boot_interface ?? undefined);
  const reported = payload.inventory.interfaces.flatMap((raw): Reported[] => {
    const mac = findMacAddress(raw.mac_address ?? '');
    if (mac === undefined) return [];
    const addresses = [raw.ipv4_address, raw.ipv6_address].filter((ip) => typeof ip === 'string' && ip !== '');
    const loopback = raw.name === 'lo' || addresses.some((ip) => ip === '::1' || ip?.startsWith('127.') === true);
    return [{ mac, pxe: mac === pxeMac, active: addresses.length > 0, loopback, raw }];
  });
  const valid = reported.filter(
    ({ loopback, pxe, active }) =>
      !loopback && (policy.add !== 'pxe' || pxeMac === undefined || pxe) && (policy.add !== 'active' || active),
  );
  if (valid.length === 0) problems.push('No valid network interfaces');

  const architecture = payload.inventory.cpu?.architecture;
  if (typeof architecture !== 'string' || architecture === '') {
    problems.push('No CPU architecture in the inventory: inventory.cpu.architecture is missing');
  }
  if (problems.length > 0) return { kind: 'problem', message: `Inspection failed: ${problems.join('; ')}` };

  const { inventory, logs: _logs, ...rest } = payload;
  const interfaces = reported.map(({ raw, mac }) => ({ name: raw.name, mac, lldp: raw['lldp'] }));
  const { parsed, links } = neighboursOf(payload, interfaces);
  return {
    kind: 'result',
    result: {
      properties: { ...known.properties, cpu_arch: architecture ?? '' },
      ports: portChanges({ reported, valid, pxeMac, links }, known.ports, policy),
      inventory: asJson(inventory),
      pluginData: {
        ...asJson(rest),
        all_interfaces: byName(reported),
        valid_interfaces: byName(valid),
        macs: valid.map(({ mac }) => mac),
        ...(Object.keys(parsed).length === 0 ? {} : { parsed_lldp: parsed }),
      },
    },
  };
}

function portChanges(
  { reported, valid, pxeMac, links }: Found,
  ports: readonly Port[],
  policy: PortPolicy,
): PortChanges {
  const kept = new Set((policy.keep === 'added' ? valid : reported).map(({ mac }) => mac));
  const remove = policy.keep === 'all' ? [] : ports.filter(({ address }) => !kept.has(address));
  const staying = ports.filter((port) => !remove.includes(port));
  const create =
    policy.add === 'disabled' ? [] : valid.filter(({ mac }) => !ports.some(({ address }) => address === mac));
  return {
    remove,
    create: create.map(({ mac, pxe, raw }) => ({
      address: mac,
      // A machine that booted from virtual media does not say which interface boots from the network, so none is ruled out.
      pxeEnabled: pxeMac === undefined || pxe,
      extra: typeof raw.client_id === 'string' && raw.client_id !== '' ? { 'client-id': raw.client_id } : {},
      ...linked(links.get(mac)),
    })),
    update: staying.flatMap((port) => {
      const pxeEnabled = pxeMac === undefined ? port.pxeEnabled : port.address === pxeMac;
      const link = linked(missingOf(port, links.get(port.address)));
      return pxeEnabled === port.pxeEnabled && link.localLinkConnection === undefined
        ? []
        : [{ port, pxeEnabled, ...link }];
    }),
  };
}

/** What operators have written of a link stays. Undefined when nothing is missing. */
function missingOf({ localLinkConnection: known }: Port, link: JsonObject | undefined): JsonObject | undefined {
  if (link === undefined || Object.keys(link).every((key) => Object.hasOwn(known, key))) return undefined;
  return { ...link, ...known };
}

const linked = (link: JsonObject | undefined): { readonly localLinkConnection?: JsonObject } =>
  link === undefined ? {} : { localLinkConnection: link };

/** PXE reports `01-52-54-...`: hardware type, then the address, with dashes. */
export function bootMac(reported: string | undefined): MacAddress | undefined {
  if (reported === undefined) return undefined;
  const bare = reported.replaceAll('-', ':');
  return findMacAddress(bare) ?? findMacAddress(bare.replace(/^[0-9a-f]{2}:/i, ''));
}

function byName(list: readonly Reported[]): JsonObject {
  return Object.fromEntries(
    list.map(({ raw, mac, pxe }) => [raw.name, { ...asJson(raw), mac_address: mac, pxe_enabled: pxe }]),
  );
}

function asJson(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value));
}
