import { readFileSync } from 'node:fs';
import type { Static, TObject } from 'typebox';
import { parse as parseYaml } from 'yaml';
import { checkValue } from './check.ts';
import { decode, fieldsOf, readText, type Field, type FieldSchema } from './fields.ts';
import { readFlags } from './flags.ts';
import { nearest } from './nearest.ts';
import { helpText, printConfig, referencePage, valuesSchema } from './print.ts';
import { ConfigError, type ConfigProblem } from './problems.ts';

/** What a command line asks for: to run with a configuration, or to print something and leave. */
export type ConfigRequest<Config> =
  { readonly kind: 'run'; readonly config: Config } | { readonly kind: 'print'; readonly text: string };

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As process.argv: the first two are skipped. */
  readonly argv: readonly string[];
  readonly readFile?: (path: string) => string;
}

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a configuration: flags over environment variables over the YAML file of `--config` (or METAL3_CONFIG) over defaults.
 * An environment variable that is set but empty counts as not set.
 *
 * Also answers `--help`, `--print-config` (secrets redacted), `--print-schema` (values.schema.json) and `--print-docs`.
 *
 * @throws ConfigError naming every field that is wrong.
 */
export function readConfig<Schema extends TObject>(
  schema: Schema,
  { env, argv, readFile = (path) => readFileSync(path, 'utf8') }: ConfigSources,
): ConfigRequest<Static<Schema>> {
  const shape = schema as unknown as FieldSchema;
  const fields = fieldsOf(shape);
  const problems: ConfigProblem[] = [];
  const { flags, switches } = readFlags(argv.slice(2), fields, problems);
  if (switches.has('help')) return { kind: 'print', text: helpText(programName(argv[1]), fields) };
  if (switches.has('print-docs')) return { kind: 'print', text: referencePage(programName(argv[1]), fields) };
  if (switches.has('print-schema')) return { kind: 'print', text: JSON.stringify(valuesSchema(shape), undefined, 2) };

  const contents = (path: string, field: string): string | undefined => {
    try {
      return readFile(path);
    } catch (error) {
      problems.push({
        field,
        problem: `cannot read ${path} (${String((error as Error).message)})`,
        remedy: 'Name a readable file',
      });
      return undefined;
    }
  };
  const configFile = flags.get('config') ?? env['METAL3_CONFIG'];
  const file = configFile ? readTree(contents(configFile, '--config'), configFile, problems) : {};
  const known = new Set(fields.map((field) => field.key));
  problems.push(...strangers(file, known, shape));

  const config: Tree = {};
  // As it stands in files, for --print-config: durations as text.
  const written: Tree = {};
  for (const field of fields) {
    const value = valueOf(field, flags, env, file, contents) ?? field.schema.default;
    if (value === undefined) {
      if (field.required) problems.push({ field: field.key, problem: 'is required', remedy: howToSet(field) });
      continue;
    }
    const problem = checkValue(field.schema, value);
    if (problem !== undefined) {
      const shown = field.secret ? 'the value' : JSON.stringify(value);
      problems.push({ field: field.key, problem: `${shown} ${problem}`.replace(' :', ':'), remedy: howToSet(field) });
    }
    place(written, field.path, value);
    place(config, field.path, decode(field.schema, value));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  if (switches.has('print-config')) return { kind: 'print', text: printConfig(written, fields) };
  return { kind: 'run', config: config as Static<Schema> };
}

/**
 * `readConfig` for a main.ts: prints what was asked for and exits 0, or lists the problems on stderr and exits 78 (EX_CONFIG).
 */
export function loadConfig<Schema extends TObject>(
  schema: Schema,
  env: ConfigSources['env'],
  argv: readonly string[],
): Static<Schema> {
  try {
    const request = readConfig(schema, { env, argv });
    if (request.kind === 'run') return request.config;
    process.stdout.write(`${request.text}\n`);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exit(78);
  }
}

/** `apps/ipam/src/main.ts`, `bin/ipam.mjs` -> `ipam` */
function programName(path = ''): string {
  const parts = path.split('/');
  const file = parts.at(-1)?.replace(/\.\w+$/, '') ?? '';
  return file === 'main' ? (parts.at(-3) ?? file) : file;
}

function valueOf(
  field: Field,
  flags: ReadonlyMap<string, string>,
  env: ConfigSources['env'],
  file: Tree,
  contents: (path: string, name: string) => string | undefined,
): unknown {
  const { schema, flag } = field;
  const fromFlag = flag === undefined ? undefined : flags.get(flag);
  if (fromFlag !== undefined) return readText(schema, fromFlag);
  const secretFlag = flag === undefined ? undefined : flags.get(`${flag}-file`);
  if (field.secret && secretFlag !== undefined) return contents(secretFlag, `--${flag}-file`)?.trimEnd();
  for (const name of field.env) {
    const text = env[name];
    if (text !== undefined && text !== '') return readText(schema, text);
    const path = field.secret ? env[`${name}_FILE`] : undefined;
    if (path !== undefined && path !== '') return contents(path, `${name}_FILE`)?.trimEnd();
  }
  let here: unknown = file;
  for (const name of field.path) here = isTree(here) ? here[name] : undefined;
  return here ?? undefined;
}

function readTree(text: string | undefined, path: string, problems: ConfigProblem[]): Tree {
  if (text === undefined) return {};
  try {
    const tree: unknown = parseYaml(text) ?? {};
    if (isTree(tree)) return tree;
    problems.push({ field: path, problem: 'is not a mapping', remedy: 'Write `key: value` pairs at the top level' });
  } catch (error) {
    problems.push({ field: path, problem: `is not YAML (${(error as Error).message})`, remedy: 'Correct the syntax' });
  }
  return {};
}

/** Keys of the file that no field answers to: almost always typing errors. */
function strangers(
  tree: Tree,
  known: ReadonlySet<string>,
  schema: FieldSchema,
  path: readonly string[] = [],
): ConfigProblem[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const key = [...path, name].join('.');
    const child = schema.properties?.[name];
    if (known.has(key)) return [];
    if (child?.properties !== undefined && isTree(value)) return strangers(value, known, child, [...path, name]);
    const remedy = child === undefined ? nearest(key, [...known]) : 'Write a mapping';
    return [{ field: key, problem: child === undefined ? 'is not a known key' : 'is a section', remedy }];
  });
}

function howToSet({ key, env, flag, secret }: Field): string {
  const ways = [
    ...(flag === undefined ? [] : [secret ? `--${flag}-file` : `--${flag}`]),
    ...env.slice(0, 1),
    `${key} in the --config file`,
  ];
  return `Set ${ways.join(', ')}`;
}

function place(tree: Tree, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const child = tree[name];
  const section: Tree = isTree(child) ? child : {};
  tree[name] = section;
  place(section, rest, value);
}
