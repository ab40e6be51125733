import type { Json, JsonObject } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import { invalid } from '../faults.ts';
import { parseBoolean, parseInteger } from '../http/query.ts';
import { looseBoolean, schemaCheck, text } from '../http/schema.ts';
import type { RecordResource } from './resource.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Arguments that each condition cannot do without. A "!" in front of its name turns a condition round. */
const conditions: Readonly<Record<string, readonly string[]>> = {
  eq: ['values'],
  lt: ['values'],
  gt: ['values'],
  'is-empty': ['value'],
  'in-net': ['address', 'subnet'],
  matches: ['value', 'regex'],
  contains: ['value', 'regex'],
  'one-of': ['value', 'values'],
  'is-none': ['value'],
  'is-true': ['value'],
  'is-false': ['value'],
};

const actions: Readonly<Record<string, readonly string[]>> = {
  fail: ['msg'],
  log: ['msg'],
  'set-attribute': ['path', 'value'],
  'extend-attribute': ['path', 'value'],
  'del-attribute': ['path'],
  'set-capability': ['name', 'value'],
  'unset-capability': ['name'],
  'add-trait': ['name'],
  'remove-trait': ['name'],
  'set-plugin-data': ['path', 'value'],
  'extend-plugin-data': ['path', 'value'],
  'unset-plugin-data': ['path'],
  'set-port-attribute': ['port_id', 'path', 'value'],
  'extend-port-attribute': ['port_id', 'path', 'value'],
  'del-port-attribute': ['port_id', 'path'],
  'api-call': ['url'],
};

const operation = (names: readonly string[], more: object) => ({
  type: 'object',
  properties: {
    op: { enum: names },
    args: { type: ['object', 'array'] },
    loop: { type: ['array', 'object', 'string', 'null'] },
    ...more,
  },
  required: ['op', 'args'],
  additionalProperties: false,
});

const check = schemaCheck('inspection rule', {
  type: 'object',
  properties: {
    uuid: text(),
    description: text(255),
    priority: { type: ['integer', 'string', 'null'] },
    phase: { enum: ['main', null] },
    sensitive: looseBoolean,
    conditions: {
      type: ['array', 'null'],
      items: operation(
        Object.keys(conditions).flatMap((name) => [name, `!${name}`]),
        { multiple: { enum: ['any', 'all', 'first', 'last', null] } },
      ),
    },
    actions: { type: 'array', minItems: 1, items: operation(Object.keys(actions), {}) },
  },
  required: ['actions'],
  additionalProperties: false,
});

const highest = 9999;

function checkRule(attributes: unknown): void {
  check(attributes);
  const { priority, conditions: asked, actions: acts } = attributes as Attributes;
  const order = priority === undefined || priority === null ? 0 : parseInteger('priority', priority);
  if (order < 0 || order > highest)
    throw invalid(`Invalid priority ${order}: rules of users have 0 to ${highest}; the others are for built-in rules`);
  checkArguments(asked, conditions);
  checkArguments(acts, actions);
}

function checkArguments(given: unknown, needs: Readonly<Record<string, readonly string[]>>): void {
  for (const { op, args } of (given ?? []) as readonly { readonly op: string; readonly args: object }[]) {
    const names = needs[op.replace(/^!/, '')] ?? [];
    // Arguments may be a list in the order of their names.
    const missing = Array.isArray(args) ? names.slice(args.length) : names.filter((name) => !Object.hasOwn(args, name));
    if (missing.length > 0) throw invalid(`Inspection rule: ${op} needs the argument ${missing.join(', ')}`);
  }
}

/** Conditions and actions of a sensitive rule are for conductors only. */
const hidden = (name: string) => ({
  name,
  patchable: true,
  byDefault: [],
  value: ({ body }: UserRecord): unknown => (body['sensitive'] === true ? null : (body[name] ?? [])),
});

/** What is done with what an agent reports, as operators wish it; conductors carry it out (`verbs/inspection/rules`). */
export const inspectionRules: RecordResource = {
  kind: 'inspection-rule',
  collection: 'inspection_rules',
  noun: 'inspection rule',
  title: 'Inspection rule',
  since: 96,
  before: 405,
  named: false,
  argument: 'inspection_rule_uuid',
  fields: [
    { name: 'uuid' },
    { name: 'created_at' },
    { name: 'updated_at' },
    { name: 'description', byDefault: null, patchable: true },
    { name: 'priority', byDefault: 0, patchable: true },
    { name: 'phase', byDefault: 'main', patchable: true },
    { name: 'sensitive', byDefault: false, patchable: true },
    hidden('conditions'),
    hidden('actions'),
  ],
  listed: ['uuid', 'description', 'priority', 'phase'],
  check: checkRule,
  read: (attributes) => ({ name: null, address: null, body: bodyOf(attributes) }),
  checkChange(before, after) {
    if (before.body['sensitive'] === true && after.body['sensitive'] !== true)
      throw invalid('A rule that is sensitive stays so; delete it and create another one');
  },
};

function bodyOf({ description, priority, phase, sensitive, conditions: asked, actions: acts }: Attributes): JsonObject {
  return {
    ...(typeof description === 'string' ? { description } : {}),
    priority: priority === undefined || priority === null ? 0 : parseInteger('priority', priority),
    phase: (phase as string | null | undefined) ?? 'main',
    sensitive: sensitive === undefined || sensitive === null ? false : parseBoolean('sensitive', sensitive),
    conditions: (asked ?? []) as Json,
    actions: (acts ?? []) as Json,
  };
}
