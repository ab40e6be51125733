import { createHash } from 'node:crypto';
import type { FirmwareSchemaSpec } from '@metal3/metal3-api';
import type { FirmwareSetting } from '../../provisioner/firmware.ts';

export type SettingSchemas = FirmwareSchemaSpec['schema'];
export type SettingSchema = SettingSchemas[string];

/** Passwords are nobody's to read, and are set elsewhere. */
export function isPassword({ name, type }: Pick<FirmwareSetting, 'name' | 'type'>): boolean {
  return name.includes('Password') || type === 'Password';
}

/** What the settings of a machine take, by name. */
export function schemasOf(settings: readonly FirmwareSetting[]): SettingSchemas {
  return Object.fromEntries(settings.filter((each) => !isPassword(each)).map((each) => [each.name, schemaOf(each)]));
}

const types = new Set<unknown>(['Enumeration', 'String', 'Integer', 'Boolean']);

function isType(type: string): type is NonNullable<SettingSchema['attribute_type']> {
  return types.has(type);
}

function schemaOf(setting: FirmwareSetting): SettingSchema {
  const { type, allowableValues, lowerBound, upperBound, minLength, maxLength, readOnly, unique } = setting;
  return {
    ...(isType(type) && { attribute_type: type }),
    ...(allowableValues && { allowable_values: [...allowableValues] }),
    ...(lowerBound !== undefined && { lower_bound: lowerBound }),
    ...(upperBound !== undefined && { upper_bound: upperBound }),
    ...(minLength !== undefined && { min_length: minLength }),
    ...(maxLength !== undefined && { max_length: maxLength }),
    ...(readOnly !== undefined && { read_only: readOnly }),
    ...(unique !== undefined && { unique }),
  };
}

/** Machines whose settings take the same values share a FirmwareSchema: its name follows from all they say, in any order. */
export function schemaName(settings: readonly FirmwareSetting[]): string {
  const words = settings.flatMap((setting) => {
    const { name, type, allowableValues = [], lowerBound, upperBound, minLength, maxLength, readOnly } = setting;
    const said = [lowerBound, upperBound, minLength, maxLength, readOnly].filter((value) => value !== undefined);
    return [name, type, ...allowableValues, ...said.map(String)];
  });
  const sorted = words.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const digest = createHash('sha256').update(`[${sorted.join(' ')}]`);
  return `schema-${digest.digest('hex').slice(0, 8)}`;
}
