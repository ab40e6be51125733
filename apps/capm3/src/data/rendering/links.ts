import type { Metal3DataTemplateSpec } from '@metal3/metal3-api';
import { neededAnnotation, nicAddress, RenderingError, type Subjects } from './subjects.ts';

type LinksTemplate = NonNullable<NonNullable<Metal3DataTemplateSpec['networkData']>['links']>;
type MacTemplate = NonNullable<LinksTemplate['ethernets']>[number]['macAddress'];

/** One link of OpenStack's network_data.json. */
export type Link = Readonly<Record<string, unknown>>;

/** MTU of links that name none, as the schema has it. */
const usualMtu = 1500;

/** Bonds, then ethernets, then VLANs. @throws RenderingError */
export function renderLinks({ bonds = [], ethernets = [], vlans = [] }: LinksTemplate, subjects: Subjects): Link[] {
  const basics = (type: string, { id, mtu, name }: { id: string; mtu?: number; name?: string }) => ({
    type,
    id,
    mtu: mtu ?? usualMtu,
    ...(name !== undefined && { name }),
  });
  const mac = (key: string, template: MacTemplate | undefined, id: string) => {
    const address = macAddress(template, subjects, `link ${id}`);
    return address === undefined ? {} : { [key]: address };
  };
  return [
    ...bonds.map((bond) =>
      withParameters(
        {
          ...basics('bond', bond),
          bond_mode: bond.bondMode,
          bond_xmit_hash_policy: bond.bondXmitHashPolicy ?? '',
          bond_links: bond.bondLinks ?? null,
          ...mac('ethernet_mac_address', bond.macAddress, bond.id),
        },
        bond.parameters,
        bond.id,
      ),
    ),
    ...ethernets.map((ethernet) => ({
      ...basics(ethernet.type, ethernet),
      ...mac('ethernet_mac_address', ethernet.macAddress, ethernet.id),
    })),
    ...vlans.map((vlan) => ({
      ...basics('vlan', vlan),
      vlan_id: vlan.vlanID,
      vlan_link: vlan.vlanLink,
      ...mac('vlan_mac_address', vlan.macAddress, vlan.id),
    })),
  ];
}

function withParameters(
  bond: Link,
  parameters: readonly { readonly name: string; readonly value?: unknown }[] = [],
  id: string,
): Link {
  const clashes = parameters.map(({ name }) => `bond_${name}`).filter((key) => Object.hasOwn(bond, key));
  if (clashes.length > 0) {
    throw new RenderingError(`link ${id}: parameters set ${clashes.join(', ')} once more: use the fields of the bond`);
  }
  return { ...bond, ...Object.fromEntries(parameters.map(({ name, value }) => [`bond_${name}`, value])) };
}

const sixPairs = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** The first way that is given counts; undefined when none is. */
function macAddress(template: MacTemplate | undefined, subjects: Subjects, field: string): string | undefined {
  const address = sourceOf(template, subjects, field);
  if (address !== undefined && !sixPairs.test(address)) {
    throw new RenderingError(`${field}: "${address}" is not a MAC address`);
  }
  return address;
}

function sourceOf(template: MacTemplate | undefined, subjects: Subjects, field: string): string | undefined {
  if (template?.string !== undefined) return template.string;
  if (template?.fromHostInterface !== undefined) return nicAddress(subjects, template.fromHostInterface, field);
  return template?.fromAnnotation === undefined
    ? undefined
    : neededAnnotation(subjects, template.fromAnnotation, field);
}
