import type { Json, JsonObject } from '@metal3/node';

/** One TLV of an LLDP frame as the agent reports it: its type, and its value in hexadecimal. */
type RawTlv = readonly [type: number, hex: string];

/** Organizations whose TLVs are known, by the identifier in front of the value. */
const ieee8021 = '0080c2';
const ieee8023 = '00120f';

/** What there may be at most in a TLV: its length has nine bits. */
const longestValue = 511;

/** Bits of IEEE 802.1AB-2016 table 8-4, from the second on. */
const capabilities = [
  ...['Repeater', 'Bridge', 'WLAN', 'Router', 'Telephone', 'DOCSIS cable device', 'Station only'],
  ...['C-Vlan', 'S-Vlan', 'TPMR'],
];

/**
 * What a switch says of itself and of its port, under the names that Ironic gives it in `plugin_data.parsed_lldp` (`switch_chassis_id`,
 * `switch_port_id`, ...): the basic set of IEEE 802.1AB-2016 clause 8.5, of the extensions that of IEEE 802.1Q (annex D) and IEEE 802.3.
 * TLVs that are unknown or cannot be read are left out; of those that may come once the first counts.
 */
export function parseLldp(tlvs: Json | undefined): JsonObject {
  const parsed: Record<string, Json> = {};
  for (const tlv of rawTlvs(tlvs)) {
    for (const [name, value] of factsOf(tlv)) {
      const before = parsed[name];
      if (Array.isArray(before) && Array.isArray(value) && repeated.has(name)) parsed[name] = [...before, ...value];
      else parsed[name] ??= value;
    }
  }
  return parsed;
}

/** Names whose TLVs come once for every entry. */
const repeated = new Set([
  ...['switch_mgmt_addresses', 'switch_port_vlans', 'switch_port_protocol_vlan_ids', 'switch_protocol_identities'],
]);

/** The address of the switch, if that is how it names itself: Ironic's ports know no other names of switches. */
export function switchAddress(tlvs: Json | undefined): string | undefined {
  const value = valueOf(rawTlvs(tlvs).find(([type]) => type === 1));
  return value?.length === 7 && value[0] === 4 ? hexPairs(value.subarray(1)) : undefined;
}

function rawTlvs(tlvs: Json | undefined): readonly RawTlv[] {
  if (!Array.isArray(tlvs)) return [];
  return tlvs.flatMap((tlv: Json): readonly RawTlv[] => {
    if (!Array.isArray(tlv)) return [];
    const [type, hex] = tlv;
    return typeof type === 'number' && typeof hex === 'string' ? [[type, hex]] : [];
  });
}

function valueOf(tlv: RawTlv | undefined): Buffer | undefined {
  if (tlv === undefined || !/^([0-9a-f]{2})*$/i.test(tlv[1])) return undefined;
  const value = Buffer.from(tlv[1], 'hex');
  return value.length > longestValue ? undefined : value;
}

type Facts = readonly (readonly [name: string, value: Json])[];

function factsOf(tlv: RawTlv): Facts {
  const value = valueOf(tlv);
  if (value === undefined) return [];
  switch (tlv[0]) {
    case 1:
      return fact('switch_chassis_id', identifier(value, { address: 4, network: 5 }));
    case 2:
      return fact('switch_port_id', identifier(value, { address: 3, network: 4 }));
    case 4:
      return fact('switch_port_description', words(value));
    case 5:
      return fact('switch_system_name', words(value));
    case 6:
      return fact('switch_system_description', words(value));
    case 7:
      if (value.length !== 4) return [];
      return [
        ['switch_capabilities_support', capabilitiesOf(value.readUInt16BE(0))],
        ['switch_capabilities_enabled', capabilitiesOf(value.readUInt16BE(2))],
      ];
    case 8: {
      const address = networkAddress(value.subarray(1, 1 + (value[0] ?? 0)));
      return address === undefined ? [] : [['switch_mgmt_addresses', [address]]];
    }
    case 127:
      return organizationFacts(value);
    default:
      return [];
  }
}

function organizationFacts(value: Buffer): Facts {
  const subtype = value[3];
  if (subtype === undefined) return [];
  const organization = value.toString('hex', 0, 3);
  const rest = value.subarray(4);
  if (organization === ieee8021) return vlanFacts(subtype, rest);
  return organization === ieee8023 ? ethernetFacts(subtype, rest) : [];
}

function vlanFacts(subtype: number, value: Buffer): Facts {
  switch (subtype) {
    case 1:
      return value.length < 2 ? [] : [['switch_port_untagged_vlan_id', value.readUInt16BE(0)]];
    case 2:
      if (value.length !== 3) return [];
      return [
        ['switch_port_protocol_vlan_enabled', bit(value, 2)],
        ['switch_port_protocol_vlan_support', bit(value, 1)],
        ['switch_port_protocol_vlan_ids', [value.readUInt16BE(1)]],
      ];
    case 3: {
      const length = value[2];
      if (length === undefined || value.length < 3 + length) return [];
      const name = words(value.subarray(3, 3 + length));
      return name === undefined ? [] : [['switch_port_vlans', [{ name, id: value.readUInt16BE(0) }]]];
    }
    case 4: {
      const length = value[0] ?? 0;
      if (value.length < 1 + length) return [];
      return [['switch_protocol_identities', [value.toString('hex', 1, 1 + length)]]];
    }
    case 6:
      return value.length < 2 ? [] : [['switch_port_management_vlan_id', value.readUInt16BE(0)]];
    case 7:
      return aggregationFacts(value);
    default:
      return [];
  }
}

function ethernetFacts(subtype: number, value: Buffer): Facts {
  switch (subtype) {
    case 1:
      if (value.length !== 5) return [];
      return [
        ['switch_port_autonegotiation_enabled', bit(value, 1)],
        ['switch_port_autonegotiation_support', bit(value, 0)],
      ];
    case 3:
      return aggregationFacts(value);
    case 4:
      return value.length < 2 ? [] : [['switch_port_mtu', value.readUInt16BE(0)]];
    default:
      return [];
  }
}

/** The same TLV of both organizations: it has moved from one to the other. */
function aggregationFacts(value: Buffer): Facts {
  if (value.length !== 5) return [];
  return [
    ['switch_port_link_aggregation_enabled', bit(value, 1)],
    ['switch_port_link_aggregation_support', bit(value, 0)],
    ['switch_port_link_aggregation_id', value.readUInt32BE(1)],
  ];
}

const fact = (name: string, value: string | undefined): Facts => (value === undefined ? [] : [[name, value]]);

/** Clauses 8.5.2 and 8.5.3: what kind of name it is, and the name. */
function identifier(value: Buffer, kinds: { readonly address: number; readonly network: number }): string | undefined {
  const [kind] = value;
  const name = value.subarray(1);
  if (kind === kinds.address) return name.length === 6 ? hexPairs(name) : undefined;
  if (kind === kinds.network) return networkAddress(name);
  return words(name);
}

/** An address behind the number of its family, as IANA counts them. */
function networkAddress(value: Buffer): string | undefined {
  const [family] = value;
  const address = value.subarray(1);
  if (family === 1 && address.length === 4) return address.join('.');
  if (family === 6 && address.length === 6) return hexPairs(address);
  if (family !== 2 || address.length !== 16) return undefined;
  const groups = address.toString('hex').match(/.{4}/g) ?? [];
  // The URL parser writes addresses as RFC 5952 wants them.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Text, unless it is none. */
function words(value: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value).replace(/\0+$/, '');
  } catch {
    return undefined;
  }
}

const hexPairs = (value: Buffer): string => (value.toString('hex').match(/../g) ?? []).join(':');
const bit = (value: Buffer, index: number): boolean => (((value[0] ?? 0) >> index) & 1) === 1;
const capabilitiesOf = (bits: number): string[] => capabilities.filter((_name, index) => (bits >> (index + 1)) & 1);
