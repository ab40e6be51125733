import { isJsonObject, type Json, type JsonObject } from '@metal3/node';
import type { BiosSetting, FirmwareReading } from '../machine.ts';

/** Rows as the REST API shows them under `nodes/{id}/bios`. `now`: milliseconds; a row keeps its time as long as its value stays. */
export function biosRows(settings: readonly BiosSetting[], before: string | undefined, now: number): string {
  const known = byKey(before, 'name');
  return JSON.stringify(
    settings.map((setting) => {
      const value = textOf(setting.value);
      return {
        name: setting.name,
        value,
        attribute_type: setting.type,
        allowable_values: setting.allowableValues,
        lower_bound: setting.lowerBound,
        upper_bound: setting.upperBound,
        min_length: setting.minLength,
        max_length: setting.maxLength,
        read_only: setting.readOnly,
        reset_required: setting.resetRequired,
        unique: setting.unique,
        ...times(known.get(setting.name), (row) => row['value'] === value, now),
      };
    }),
  );
}

/** Rows as the REST API shows them under `nodes/{id}/firmware`. `flashed`: the versions were brought by an update of ours. */
export function firmwareRows(
  readings: readonly FirmwareReading[],
  before: string | undefined,
  now: number,
  flashed: boolean,
): string {
  const known = byKey(before, 'component');
  return JSON.stringify(
    readings.map(({ component, version, vendor, model, serialNumber }) => {
      const row = known.get(component);
      const changed = row !== undefined && row['current_version'] !== version;
      return {
        component,
        initial_version: row?.['initial_version'] ?? version,
        current_version: version,
        last_version_flashed: changed && flashed ? version : (row?.['last_version_flashed'] ?? null),
        vendor,
        model,
        serial_number: serialNumber,
        ...times(row, () => !changed, now),
      };
    }),
  );
}

/** The API has only texts; booleans are spelt as Ironic spells them. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function byKey(rows: string | undefined, key: string): ReadonlyMap<string, JsonObject> {
  const parsed = rows === undefined ? [] : (JSON.parse(rows) as Json);
  const objects = Array.isArray(parsed) ? parsed.filter(isJsonObject) : [];
  return new Map(objects.map((row) => [String(row[key]), row]));
}

function times(
  row: JsonObject | undefined,
  same: (row: JsonObject) => boolean,
  now: number,
): { readonly created_at: Json; readonly updated_at: Json } {
  const time = new Date(now).toISOString().replace('Z', '+00:00');
  if (row === undefined) return { created_at: time, updated_at: null };
  return { created_at: row['created_at'] ?? time, updated_at: same(row) ? (row['updated_at'] ?? null) : time };
}
