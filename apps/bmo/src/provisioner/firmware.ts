import type { Json, JsonObject } from '../kernel.ts';

/** What Ironic last read of a machine's firmware from its BMC; both lists are empty where the BMC tells of none. */
export interface NodeFirmware {
  readonly settings: readonly FirmwareSetting[];
  readonly components: readonly FirmwareComponent[];
}

/** A BIOS setting with what the BMC says of the values it takes. Fields are absent where it says nothing. */
export interface FirmwareSetting {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly allowableValues?: readonly string[];
  readonly lowerBound?: number;
  readonly upperBound?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly readOnly?: boolean;
  readonly unique?: boolean;
}

export interface FirmwareComponent {
  /** `bios`, `bmc` or `nic:…`. */
  readonly component: string;
  readonly initialVersion: string;
  readonly currentVersion: string;
  readonly lastVersionFlashed: string;
  /** RFC 3339, empty for never. */
  readonly updatedAt: string;
}

/** From the rows of `GET /v1/nodes/{node}/bios?detail=true` and `…/firmware`. */
export function firmwareOf(bios: Json | undefined, components: Json | undefined): NodeFirmware {
  return { settings: rowsOf(bios).flatMap(settingOf), components: rowsOf(components).flatMap(componentOf) };
}

function settingOf(row: JsonObject): readonly FirmwareSetting[] {
  const name = text(row['name']);
  if (name === '') return [];
  const allowable = row['allowable_values'];
  return [
    {
      name,
      value: text(row['value']),
      type: text(row['attribute_type']),
      ...(Array.isArray(allowable) && { allowableValues: allowable.map(String) }),
      ...number('lowerBound', row['lower_bound']),
      ...number('upperBound', row['upper_bound']),
      ...number('minLength', row['min_length']),
      ...number('maxLength', row['max_length']),
      ...flag('readOnly', row['read_only']),
      ...flag('unique', row['unique']),
    },
  ];
}

/** Ironic may list parts that hosts have no word for. */
function componentOf(row: JsonObject): readonly FirmwareComponent[] {
  const component = text(row['component']);
  if (!isComponentName(component)) return [];
  return [
    {
      component,
      initialVersion: text(row['initial_version']),
      currentVersion: text(row['current_version']),
      lastVersionFlashed: text(row['last_version_flashed']),
      updatedAt: text(row['updated_at']),
    },
  ];
}

/** Parts whose firmware can be updated. */
export function isComponentName(name: string): boolean {
  return name === 'bios' || name === 'bmc' || name.startsWith('nic:');
}

function rowsOf(rows: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(rows)) return [];
  return rows.filter((row): row is JsonObject => typeof row === 'object' && row !== null && !Array.isArray(row));
}

const text = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value));

const number = <Key extends string>(key: Key, value: Json | undefined) =>
  typeof value === 'number' ? ({ [key]: value } as Record<Key, number>) : {};

const flag = <Key extends string>(key: Key, value: Json | undefined) =>
  typeof value === 'boolean' ? ({ [key]: value } as Record<Key, boolean>) : {};
