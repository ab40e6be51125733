import type { HardwareDetails, Nic, Storage } from '@metal3/metal3-api';
import type { Json, JsonObject } from '../kernel.ts';
import type { NodeInventory } from '../provisioner/node.ts';

/** Ironic's inventory in the words of HardwareData. Zero values are left out, as clients of the kind expect. */
export function hardwareDetails({ inventory, pluginData }: NodeInventory): HardwareDetails {
  const system = object(inventory['system_vendor']);
  const firmware = object(system['firmware']);
  const cpu = object(inventory['cpu']);
  const megahertz = Math.round(Number.parseFloat(text(cpu['frequency']) || String(number(cpu['frequency']))));
  return {
    systemVendor: known({
      manufacturer: text(system['manufacturer']),
      productName: text(system['product_name']),
      serialNumber: text(system['serial_number']),
    }),
    firmware: {
      bios: known({
        vendor: text(firmware['vendor']),
        version: text(firmware['version']),
        date: text(firmware['build_date']),
      }),
    },
    ...known({
      ramMebibytes: number(object(inventory['memory'])['physical_mb']),
      hostname: text(inventory['hostname']),
    }),
    cpu: known({
      arch: text(cpu['architecture']),
      model: text(cpu['model_name']),
      count: number(cpu['count']),
      flags: list(cpu['flags']).map(text).sort(),
      clockMegahertz: Number.isFinite(megahertz) ? megahertz : 0,
    }),
    nics: list(inventory['interfaces']).flatMap((item) => nics(object(item), pluginData)),
    storage: list(inventory['disks']).map((item) => disk(object(item))),
  };
}

/** A dual-stack interface gives two entries, which differ only in their address. */
function nics(item: JsonObject, pluginData: JsonObject): Nic[] {
  const name = text(item['name']);
  const lldp = object(object(pluginData['parsed_lldp'])[name]);
  const nic: Nic = known({
    name,
    model: `${text(item['vendor'])} ${text(item['product'])}`.trimStart(),
    mac: text(item['mac_address']),
    speedGbps: Math.trunc(number(item['speed_mbps']) / 1000),
    vlans: vlans(lldp['switch_port_vlans']),
    vlanId: number(lldp['switch_port_untagged_vlan_id']),
    pxe: object(object(pluginData['all_interfaces'])[name])['pxe_enabled'] === true,
    pciAddress: text(item['pci_address']),
    lldp: nonEmpty(
      known({
        switchID: text(lldp['switch_chassis_id']),
        portID: text(lldp['switch_port_id']),
        switchSystemName: text(lldp['switch_system_name']),
      }),
    ),
  });
  const addresses = [text(item['ipv4_address']), text(item['ipv6_address'])].filter((address) => address !== '');
  return addresses.length === 0 ? [nic] : addresses.map((ip) => ({ ...nic, ip }));
}

/** LLDP data is decoded JSON: a VLAN id may arrive as a number or as digits. */
function vlans(value: Json | undefined): NonNullable<Nic['vlans']> {
  return list(value).map((item) => {
    const vlan = object(item);
    return known({ id: Number(number(vlan['id']) || text(vlan['id'])), name: text(vlan['name']) });
  });
}

function disk(item: JsonObject): Storage {
  const name = text(item['name']);
  const byPath = text(item['by_path']);
  const rotational = item['rotational'] === true;
  return known({
    name: byPath || name,
    alternateNames: [name, byPath].filter((alternative) => alternative !== ''),
    rotational,
    type: rotational ? ('HDD' as const) : name.startsWith('/dev/nvme') ? ('NVME' as const) : ('SSD' as const),
    sizeBytes: number(item['size']),
    vendor: text(item['vendor']),
    model: text(item['model']),
    serialNumber: text(item['serial']),
    wwn: text(item['wwn']),
    wwnVendorExtension: text(item['wwn_vendor_extension']),
    wwnWithExtension: text(item['wwn_with_extension']),
    hctl: text(item['hctl']),
  });
}

type Known<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** Leaves out fields that hold nothing: "", 0, false, [] and undefined. */
function known<Fields extends object>(fields: Fields): Known<Fields> {
  const entries = Object.entries(fields).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : Boolean(value),
  );
  return Object.fromEntries(entries) as Known<Fields>;
}

function nonEmpty<Fields extends object>(fields: Fields): Fields | undefined {
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
