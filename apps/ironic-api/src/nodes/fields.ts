import { interfaceKinds } from '@metal3/node';
import { invalid, notAcceptable } from '../faults.ts';

/** One attribute of a node as the REST API shows it. */
export interface NodeField {
  readonly name: string;
  /** The first minor version that shows it. */
  readonly since: number;
  /** A column of the node that lists may be sorted by. */
  readonly sortable: boolean;
}

type Row = readonly [name: string, since?: number, sortable?: boolean];

const free = false;

/** In the order of upstream's full representation. */
const rows: readonly Row[] = [
  ['uuid'],
  ['created_at'],
  ['updated_at'],
  ['automated_clean', 47],
  ['bios_interface', 40],
  ['boot_interface', 31],
  ['boot_mode', 75],
  ['clean_step', 7, free],
  ['conductor_group', 46],
  ['console_enabled'],
  ['console_interface', 31],
  ['disable_power_off', 95],
  ['deploy_interface', 31],
  ['deploy_step', 44, free],
  ['description', 51],
  ['driver'],
  ['driver_info', 1, free],
  ['driver_internal_info', 3, free],
  ['extra', 1, free],
  ['fault', 42],
  ['firmware_interface', 86],
  ['health', 109],
  ['inspection_finished_at', 6],
  ['inspection_started_at', 6],
  ['inspect_interface', 31],
  ['instance_info', 1, free],
  ['instance_name', 104],
  ['instance_uuid'],
  ['last_error'],
  ['lessee', 65],
  ['maintenance'],
  ['maintenance_reason'],
  ['management_interface', 31],
  ['name', 5],
  ['network_data', 66, free],
  ['network_interface', 20],
  ['owner', 50],
  ['parent_node', 83],
  ['power_interface', 31],
  ['power_state'],
  ['properties', 1, free],
  ['protected', 48],
  ['protected_reason', 48],
  ['provision_state'],
  ['provision_updated_at'],
  ['raid_config', 12, free],
  ['raid_interface', 31],
  ['rescue_interface', 38],
  ['reservation'],
  ['resource_class', 21],
  ['retired', 61],
  ['retired_reason', 61],
  ['secure_boot', 75],
  ['service_step', 87, free],
  ['shard', 82],
  ['storage_interface', 33],
  ['target_power_state'],
  ['target_provision_state'],
  ['target_raid_config', 12, free],
  ['traits', 37, free],
  ['vendor_interface', 31],
  ['links', 1, free],
  ['conductor', 49, free],
  ['allocation_uuid', 52, free],
  ['chassis_uuid', 1, free],
  ['ports', 1, free],
  ['states', 14, free],
  ['portgroups', 24, free],
  ['volume', 32, free],
];

export const nodeFields: readonly NodeField[] = rows.map(([name, since = 1, sortable = true]) => ({
  name,
  since,
  sortable,
}));

const byName = new Map(nodeFields.map((field) => [field.name, field]));

export const interfaceFields = interfaceKinds.map((kind) => `${kind}_interface` as const);

/** The minor version that introduced an attribute; undefined for a word that names none. */
export const sinceOf = (name: string): number | undefined => byName.get(name)?.since;

/** Attributes that are links to something else and cannot be asked for by name. */
const notSelectable = new Set(['links', 'ports', 'states', 'portgroups', 'volume', 'created_at', 'updated_at']);

const defaultList = ['uuid', 'instance_uuid', 'maintenance', 'power_state', 'provision_state', 'name'];
/** The order in which upstream spells the default selection out in `next`. */
export const defaultListSpelled = ['instance_uuid', 'maintenance', 'power_state', 'provision_state', 'uuid', 'name'];

const perMinor = new Map<number, readonly string[]>();

/** The attributes of a full representation at a minor version. */
export function fullFields(minor: number): readonly string[] {
  let names = perMinor.get(minor);
  if (names === undefined) {
    names = nodeFields.filter((field) => field.since <= minor).map((field) => field.name);
    perMinor.set(minor, names);
  }
  return names;
}

/** The attributes of a list entry when nothing else is asked for. */
export const listFields = (minor: number): readonly string[] => [
  ...defaultList.filter((name) => (sinceOf(name) ?? 1) <= minor),
  'links',
];

/**
 * The attributes named by `fields=`, in upstream's order, always with links.
 *
 * @throws Fault 400 for a word that is no attribute, 406 for one newer than the version
 */
export function selectedFields(names: readonly string[], minor: number): readonly string[] {
  if (minor < 8) throw notAcceptable();
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (const name of wanted) {
    const field = byName.get(name);
    if (field === undefined || notSelectable.has(name)) throw invalid(`Field ${name} is not a valid field.`);
    if (field.since > minor) throw notAcceptable();
  }
  return nodeFields.filter((field) => wanted.has(field.name) || field.name === 'links').map((field) => field.name);
}

/** @throws Fault 400 for an attribute lists cannot be sorted by, 406 for one newer than the version */
export function checkSortKey(name: string, minor: number): void {
  if (name === 'id') return;
  const field = byName.get(name);
  if (field === undefined || !field.sortable) {
    throw invalid(`The sort_key value "${name}" is an invalid field for sorting`);
  }
  if (field.since > minor) throw notAcceptable();
}
