import { isJsonObject, type Json, type JsonObject } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import { RuleProblem } from './facts.ts';

export type Arguments = JsonObject;

/** One condition or action of a rule, as it was written. */
export interface Operation {
  readonly op: string;
  readonly args: Json;
  readonly loop: Json | undefined;
  /** Of a condition with a loop: how many of its rounds must hold. */
  readonly multiple: string;
}

export interface InspectionRule {
  readonly uuid: string;
  readonly description: string | null;
  readonly sensitive: boolean;
  readonly conditions: readonly Operation[];
  readonly actions: readonly Operation[];
}

/** The rules of users in the order in which they apply: the highest priority first, then the oldest. */
export function rulesInOrder(records: readonly UserRecord[]): readonly InspectionRule[] {
  return [...records]
    .sort((one, other) => Number(other.body['priority'] ?? 0) - Number(one.body['priority'] ?? 0) || one.id - other.id)
    .map(({ uuid, body }) => ({
      uuid,
      description: typeof body['description'] === 'string' ? body['description'] : null,
      sensitive: body['sensitive'] === true,
      conditions: operationsOf(body['conditions']),
      actions: operationsOf(body['actions']),
    }));
}

const operationsOf = (value: Json | undefined): readonly Operation[] =>
  (Array.isArray(value) ? value : []).filter(isJsonObject).map(({ op, args, loop, multiple }) => ({
    op: String(op),
    args: args ?? {},
    loop: loop ?? undefined,
    multiple: typeof multiple === 'string' ? multiple : 'any',
  }));

/** Names of arguments in the order in which a list of arguments gives them. */
const positions: Readonly<Record<string, readonly string[]>> = {
  'in-net': ['address', 'subnet'],
  matches: ['value', 'regex'],
  contains: ['value', 'regex'],
  'one-of': ['value', 'values'],
  'is-empty': ['value'],
  'is-none': ['value'],
  'is-true': ['value'],
  'is-false': ['value'],
  fail: ['msg'],
  log: ['msg', 'level'],
  'set-attribute': ['path', 'value'],
  'extend-attribute': ['path', 'value', 'unique'],
  'del-attribute': ['path'],
  'set-capability': ['name', 'value'],
  'unset-capability': ['name'],
  'add-trait': ['name'],
  'remove-trait': ['name'],
  'set-plugin-data': ['path', 'value'],
  'extend-plugin-data': ['path', 'value', 'unique'],
  'unset-plugin-data': ['path'],
  'set-port-attribute': ['port_id', 'path', 'value'],
  'extend-port-attribute': ['port_id', 'path', 'value', 'unique'],
  'del-port-attribute': ['port_id', 'path'],
  'api-call': ['url', 'headers'],
};

/** Arguments by name. Comparisons take a list as the values to compare. */
export function named(op: string, args: Json): Arguments {
  if (isJsonObject(args)) return args;
  if (!Array.isArray(args)) throw new RuleProblem(`the arguments of ${op} must be an object or a list`);
  const names = positions[op.replace(/^!/, '')];
  if (names === undefined) return { values: args };
  return Object.fromEntries(names.flatMap((name, index) => (index < args.length ? [[name, args[index] as Json]] : [])));
}

/** @throws RuleProblem for one that was not given */
export function argument(args: Arguments, name: string): Json {
  const value = args[name];
  if (value === undefined) throw new RuleProblem(`the argument ${name} is missing`);
  return value;
}
