import { parseDuration, type FieldOptions } from './types.ts';

/** One leaf of a configuration schema, with everything that follows from its place. */
export interface Field {
  readonly path: readonly string[];
  /** `grpc.listen` */
  readonly key: string;
  readonly schema: FieldSchema;
  readonly env: readonly string[];
  readonly flag: string | undefined;
  /** Other flags for the same. */
  readonly aliases: readonly string[];
  readonly secret: boolean;
  readonly required: boolean;
}

/** The part of JSON Schema that configuration uses. */
export interface FieldSchema extends FieldOptions {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly kind?: string;
  readonly additionalProperties?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

const words = (path: readonly string[]) =>
  path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase());

/** The leaves of a schema in the order they are written. Objects with fixed properties are sections, free-form ones are leaves. */
export function fieldsOf(schema: FieldSchema, path: readonly string[] = []): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name];
    if (child.properties !== undefined) return fieldsOf(child, here);
    const dashed = words(here).join('-');
    const { env = dashed.replaceAll('-', '_').toUpperCase(), flag = dashed } = child;
    const names = flag === false ? [] : typeof flag === 'string' ? [flag] : flag;
    return {
      path: here,
      key: here.join('.'),
      schema: child,
      env: env === false ? [] : typeof env === 'string' ? [env] : env,
      flag: names[0],
      aliases: names.slice(1),
      secret: child.secret === true,
      required: schema.required?.includes(name) === true && child.default === undefined,
    };
  });
}

/** A word for the type, as the help text shows it. */
export function typeName(schema: FieldSchema): string {
  if (schema.kind === 'duration') return 'duration';
  if (schema.enum !== undefined) return schema.enum.map(String).join('|');
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object' || schema.type === undefined) return 'json';
  return schema.type;
}

/** Reads the text of an environment variable or flag as the field's type; text that does not fit is returned as it is, to be refused later. */
export function readText({ type, enum: options, items }: FieldSchema, text: string): unknown {
  if (options !== undefined) return options.find((option) => String(option) === text) ?? text;
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      if (/^(false|0|no|off)$/i.test(text)) return false;
      return text;
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'array': {
      if (text.trim() === '') return [];
      if (text.trimStart().startsWith('[')) return parseJson(text);
      return text.split(',').map((item) => (items === undefined ? item.trim() : readText(items, item.trim())));
    }
    default:
      return parseJson(text);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The value the program sees: durations become milliseconds. */
export function decode(schema: FieldSchema, value: unknown): unknown {
  return schema.kind === 'duration' && typeof value === 'string' ? parseDuration(value) : value;
}
