import type { Field } from './fields.ts';
import type { ConfigProblem } from './problems.ts';
import { nearest } from './nearest.ts';

/** Reads the command line: values by flag, and the switches that print something. What is not understood becomes a problem. */
export function readFlags(
  args: readonly string[],
  fields: readonly Field[],
  problems: ConfigProblem[],
): { readonly flags: ReadonlyMap<string, string>; readonly switches: ReadonlySet<string> } {
  const byFlag = new Map(
    fields.flatMap((field) =>
      field.flag === undefined ? [] : [field.flag, ...field.aliases].map((name) => [name, field] as const),
    ),
  );
  const flags = new Map<string, string>();
  const switches = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const match = /^--?([A-Za-z0-9][\w.-]*)(?:=([\s\S]*))?$/.exec(arg);
    const name = match?.[1] ?? '';
    if (['help', 'h', 'print-config', 'print-schema', 'print-docs'].includes(name)) {
      switches.add(name === 'h' ? 'help' : name);
      continue;
    }
    const secretFile = name.endsWith('-file') && byFlag.get(name.slice(0, -5))?.secret === true;
    const field = byFlag.get(name);
    if (field?.secret === true) {
      problems.push({
        field: `--${name}`,
        problem: 'is a secret and argv is visible to every user',
        remedy: `Use --${name}-file or ${field.env[0] ?? 'the file'}`,
      });
      if (match?.[2] === undefined) at++;
      continue;
    }
    if (field === undefined && name !== 'config' && !secretFile) {
      problems.push({ field: arg, problem: 'is not a known flag', remedy: nearest(name, [...byFlag.keys()]) });
      if (match?.[2] === undefined && match !== null && args[at + 1]?.startsWith('-') === false) at++;
      continue;
    }
    let value = match?.[2];
    const next = args[at + 1];
    if (value === undefined && field?.schema.type === 'boolean' && !/^(true|false)$/i.test(next ?? '')) value = 'true';
    if (value === undefined) {
      if (next === undefined) problems.push({ field: arg, problem: 'has no value', remedy: `Write --${name}=VALUE` });
      value = next ?? '';
      at++;
    }
    flags.set(field?.flag ?? name, value);
  }
  return { flags, switches };
}
