import type { Port } from '@metal3/node';
import { maskSecrets } from '@metal3/node';
import { invalid, notAcceptable } from '../faults.ts';
import { linkPairText } from '../http/links.ts';
import { isoTime } from '../http/time.ts';

interface PortField {
  readonly name: string;
  readonly since: number;
  readonly write: (port: Port, base: string) => string;
}

const text = (value: unknown): string => JSON.stringify(value ?? null);

const fields: readonly PortField[] = [
  { name: 'uuid', since: 1, write: (port) => text(port.uuid) },
  { name: 'created_at', since: 1, write: (port) => `"${isoTime(port.createdAt)}"` },
  {
    name: 'updated_at',
    since: 1,
    write: (port) => (port.updatedAt === null ? 'null' : `"${isoTime(port.updatedAt)}"`),
  },
  { name: 'address', since: 1, write: (port) => text(port.address) },
  { name: 'extra', since: 1, write: (port) => text(port.extra) },
  { name: 'internal_info', since: 18, write: (port) => text(maskSecrets(port.internalInfo)) },
  { name: 'is_smartnic', since: 53, write: (port) => text(port.isSmartnic) },
  { name: 'local_link_connection', since: 19, write: (port) => text(port.localLinkConnection) },
  { name: 'physical_network', since: 34, write: (port) => text(port.physicalNetwork) },
  { name: 'pxe_enabled', since: 19, write: (port) => text(port.pxeEnabled) },
  { name: 'node_uuid', since: 1, write: (port) => text(port.nodeUuid) },
  { name: 'name', since: 88, write: (port) => text(port.name) },
  { name: 'description', since: 97, write: (port) => text(port.description) },
  { name: 'vendor', since: 100, write: (port) => text(port.vendor) },
  { name: 'category', since: 101, write: (port) => text(port.category) },
  { name: 'available_for_dynamic_portgroup', since: 111, write: (port) => text(port.availableForDynamicPortgroup) },
  { name: 'links', since: 1, write: (port, base) => linkPairText(base, `ports/${port.uuid}`) },
  { name: 'portgroup_uuid', since: 24, write: (port) => text(port.portgroupUuid) },
];

const byName = new Map(fields.map((field) => [field.name, field]));
const notSelectable = new Set(['links', 'created_at', 'updated_at']);
const perMinor = new Map<number, readonly PortField[]>();

export const portFieldSince = (name: string): number | undefined => byName.get(name)?.since;

/** Everything a port shows at a minor version. */
export function fullPort(minor: number): readonly PortField[] {
  let known = perMinor.get(minor);
  if (known === undefined) {
    known = fields.filter((field) => field.since <= minor);
    perMinor.set(minor, known);
  }
  return known;
}

/** What a list shows of a port when nothing else is asked for. */
export const listPort: readonly PortField[] = fields.filter(({ name }) => ['uuid', 'address', 'links'].includes(name));

/** The attributes of `fields=`, with links. @throws Fault 400 for an unknown word, 406 for one newer than the version */
export function selectedPort(names: readonly string[], minor: number): readonly PortField[] {
  if (minor < 8) throw notAcceptable();
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (const name of wanted) {
    const field = byName.get(name);
    if (field === undefined || notSelectable.has(name)) throw invalid(`Field ${name} is not a valid field.`);
    if (field.since > minor) throw notAcceptable();
  }
  return fields.filter(({ name }) => wanted.has(name) || name === 'links');
}

export function renderPort(port: Port, shown: readonly PortField[], base: string): string {
  return `{${shown.map(({ name, write }) => `"${name}":${write(port, base)}`).join(',')}}`;
}
