import { stringify } from 'yaml';
import { typeName, type Field, type FieldSchema } from './fields.ts';

/** Text of `--help`. */
export function helpText(program: string, fields: readonly Field[]): string {
  const lines = fields.map(({ schema, flag, env, secret, required, key }) => {
    const name = flag === undefined ? key : `--${flag}${secret ? '-file FILE' : ` ${typeName(schema)}`}`;
    const notes = [
      ...(env.length > 0 ? [`env ${env.join(', ')}`] : []),
      ...(required ? ['required'] : schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
    ];
    return `  ${name}\n      ${schema.description ?? ''} (${notes.join('; ')})`;
  });
  const title = program.split('/').at(-1) ?? '';
  return [
    `Usage: ${title} [--config FILE] [flags]`,
    '',
    'Flags win over environment variables, those over the YAML file, those over defaults.',
    '  --config FILE     YAML file with the keys of --print-config',
    '  --print-config    print the effective configuration, secrets redacted, and exit',
    '  --print-schema    print the JSON schema of the file and exit',
    '',
    ...lines,
  ].join('\n');
}

/** The effective configuration as YAML. Secrets show only whether they are set; URLs lose their password. */
export function printConfig(config: unknown, fields: readonly Field[]): string {
  const secrets = new Set(fields.filter((field) => field.secret).map((field) => field.key));
  const show = (value: unknown, path: readonly string[]): unknown => {
    if (secrets.has(path.join('.'))) return value === '' ? '' : '***';
    if (typeof value === 'string') return value.replace(/(\w+:\/\/[^/\s:@]*):[^/\s@]+@/, '$1:***@');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, show(child, [...path, name])]));
  };
  return stringify(show(config, [])).trimEnd();
}

/** JSON schema of the file, as a Helm chart's values.schema.json wants it: no unknown keys, no program-only annotations. */
export function valuesSchema(schema: FieldSchema): Record<string, unknown> {
  const clean = ({
    env: _env,
    flag: _flag,
    secret,
    kind: _kind,
    required: _required,
    ...rest
  }: FieldSchema): object => {
    const { properties } = rest;
    if (properties === undefined) return secret === true ? { ...rest, writeOnly: true } : { ...rest };
    const children = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, clean(child)]));
    return { ...rest, properties: children, additionalProperties: false };
  };
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...clean(schema) };
}

/** The settings as a Markdown table for the documentation. */
export function docsTable(fields: readonly Field[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = fields.map(({ key, schema, flag, env, secret, required }) => {
    const standard = required
      ? '(required)'
      : schema.default === undefined
        ? ''
        : `\`${JSON.stringify(schema.default)}\``;
    const flagText = flag === undefined ? '' : `\`--${flag}${secret ? '-file' : ''}\``;
    const names = env.map((name) => `\`${name}\``).join(', ');
    return `| \`${key}\` | ${names} | ${flagText} | ${cell(typeName(schema))} | ${cell(standard)} | ${cell(schema.description ?? '')} |`;
  });
  return ['| Key | Environment | Flag | Type | Default | Meaning |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
