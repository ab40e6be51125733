import type { SettingSchema, SettingSchemas } from './schema.ts';

/** Why a setting cannot be given this value; undefined if it can. */
export function settingProblem(name: string, value: number | string, schemas: SettingSchemas): string | undefined {
  const schema = schemas[name];
  const problem =
    schema === undefined && !name.includes('Password')
      ? 'it is not in the associated schema'
      : problemOf(name, value, schema ?? {});
  return problem && `Setting ${name} is invalid, ${problem}`;
}

function problemOf(name: string, value: number | string, schema: SettingSchema): string | undefined {
  if (schema.read_only === true) return 'it is read only';
  if (name.includes('Password')) return 'passwords can not be set';
  const text = String(value);
  switch (schema.attribute_type) {
    case 'Enumeration':
      return (schema.allowable_values ?? []).includes(text)
        ? undefined
        : `unknown enumeration value "${text}": use one of ${(schema.allowable_values ?? []).join(', ')}`;
    case 'Integer':
      return /^[+-]?\d+$/.test(text)
        ? outside(Number(text), 'integer', schema.lower_bound, schema.upper_bound)
        : `"${text}" is no integer`;
    case 'String':
      return outside(Buffer.byteLength(text), 'string length', schema.min_length, schema.max_length);
    case 'Boolean':
      return text === 'true' || text === 'false' ? undefined : `"${text}" is not true or false`;
    default:
      return undefined;
  }
}

function outside(value: number, what: string, least = -Infinity, most = Infinity): string | undefined {
  if (value < least) return `${what} ${value} is below minimum value ${least}`;
  return value > most ? `${what} ${value} is above maximum value ${most}` : undefined;
}
