import type { Json, JsonObject } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import { invalid } from '../faults.ts';
import { linkPair } from '../http/links.ts';
import { isLogicalName, parseBoolean, parseMac, parseUuid } from '../http/query.ts';
import { freeForm, looseBoolean, schemaCheck, text } from '../http/schema.ts';
import { checkTrait } from '../traits/names.ts';
import type { RecordField, RecordResource } from './resource.ts';
import { traitsOfRunbook } from './runbook-traits.ts';

type Attributes = Readonly<Record<string, unknown>>;

const stamps: readonly RecordField[] = [{ name: 'uuid' }, { name: 'created_at' }, { name: 'updated_at' }];
const patchable = (name: string, byDefault: unknown = null, since?: number): RecordField => ({
  name,
  byDefault,
  patchable: true,
  ...(since === undefined ? {} : { since }),
});

/** The body of a record: what was given of its own attributes, flags as booleans. */
function bodyOf(attributes: Attributes, names: readonly string[], flags: readonly string[] = []): JsonObject {
  const body: Record<string, Json> = {};
  for (const name of names) {
    const value = attributes[name];
    if (value === undefined || value === null) continue;
    body[name] = flags.includes(name) ? parseBoolean(name, value) : (value as Json);
  }
  return body;
}

const nameOf = (attributes: Attributes): string | null => (attributes['name'] as string | null | undefined) ?? null;

const checkChassis = schemaCheck('chassis', {
  type: 'object',
  properties: { uuid: text(), description: text(255), extra: freeForm },
  additionalProperties: false,
});

export const chassis: RecordResource = {
  kind: 'chassis',
  collection: 'chassis',
  noun: 'chassis',
  title: 'Chassis',
  since: 1,
  before: 404,
  named: false,
  argument: 'chassis_uuid',
  fields: [
    ...stamps,
    patchable('description'),
    patchable('extra', {}),
    // Upstream shows one list inside another.
    { name: 'nodes', value: ({ uuid }: UserRecord, base) => [linkPair(base, `chassis/${uuid}/nodes`)] },
  ],
  listed: ['uuid', 'description'],
  check: checkChassis,
  read: (attributes) => ({ name: null, address: null, body: bodyOf(attributes, ['description', 'extra']) }),
};

const portgroupFlags = ['standalone_ports_supported', 'dynamic_portgroup'];
const portgroupBody = ['mode', 'properties', 'extra', 'physical_network', 'category', ...portgroupFlags];
const checkPortgroup = schemaCheck('portgroup', {
  type: 'object',
  properties: {
    uuid: text(),
    name: text(255),
    node_uuid: { type: 'string' },
    address: text(),
    mode: text(255),
    properties: freeForm,
    extra: freeForm,
    physical_network: text(64),
    category: text(80),
    standalone_ports_supported: looseBoolean,
    dynamic_portgroup: looseBoolean,
  },
  additionalProperties: false,
});

/** Unlike that of a node it may look like a UUID. */
const isPortgroupName = (name: string): boolean => /^[A-Za-z0-9._~-]{1,255}$/.test(name);

export const portgroups: RecordResource = {
  kind: 'portgroup',
  ofNode: true,
  collection: 'portgroups',
  noun: 'portgroup',
  title: 'Portgroup',
  since: 23,
  before: 404,
  named: true,
  argument: 'portgroup',
  fields: [
    ...stamps,
    patchable('address'),
    patchable('extra', {}),
    { name: 'internal_info', byDefault: {} },
    patchable('mode', 'active-backup', 26),
    patchable('name'),
    patchable('properties', {}, 26),
    patchable('standalone_ports_supported', true),
    { name: 'node_uuid' },
    patchable('physical_network', null, 102),
    patchable('category', null, 103),
    patchable('dynamic_portgroup', false, 111),
    { name: 'ports', since: 24, value: ({ uuid }: UserRecord, base) => linkPair(base, `portgroups/${uuid}/ports`) },
  ],
  listed: ['uuid', 'address', 'name'],
  check(attributes) {
    checkPortgroup(attributes);
    const name = nameOf(attributes as Attributes);
    if (name !== null && name !== '' && !isPortgroupName(name))
      throw invalid(`Cannot create or rename a portgroup with invalid name '${name}'`);
  },
  read: (attributes) => ({
    name: nameOf(attributes),
    address: typeof attributes['address'] === 'string' ? parseMac('address', attributes['address']) : null,
    body: bodyOf(attributes, portgroupBody, portgroupFlags),
  }),
};

const stepInterfaces = ['bios', 'deploy', 'firmware', 'management', 'power', 'raid', 'vendor'];
const position = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^[0-9]+$' },
  ],
};
const steps = (order: 'priority' | 'order', required: readonly string[]) => ({
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    properties: {
      interface: { enum: stepInterfaces },
      step: { type: 'string', minLength: 1 },
      args: { type: 'object' },
      [order]: position,
    },
    required,
    additionalProperties: false,
  },
});

const checkTemplate = schemaCheck('template', {
  type: 'object',
  properties: {
    uuid: text(),
    name: { type: 'string', minLength: 1, maxLength: 255 },
    description: text(255),
    steps: steps('priority', ['interface', 'step', 'args', 'priority']),
    extra: freeForm,
  },
  required: ['name', 'steps'],
  additionalProperties: false,
});

export const deployTemplates: RecordResource = {
  kind: 'deploy-template',
  collection: 'deploy_templates',
  noun: 'deploy template',
  title: 'Deploy template',
  since: 55,
  before: 405,
  named: true,
  argument: 'template_ident',
  fields: [...stamps, patchable('name'), patchable('steps', []), patchable('extra', {})],
  listed: ['uuid', 'name'],
  check(attributes) {
    checkTemplate(attributes);
    const { name, steps: given } = attributes as {
      name: string;
      steps: readonly { interface: string; step: string }[];
    };
    checkTrait(name);
    const repeated = given.find((step, index) =>
      given.some((other, at) => at < index && other.interface === step.interface && other.step === step.step),
    );
    if (repeated !== undefined) throw invalid(`Duplicate deploy steps: ${repeated.interface}.${repeated.step}`);
  },
  read: (attributes) => ({ name: nameOf(attributes), address: null, body: bodyOf(attributes, ['steps', 'extra']) }),
};

const runbookBody = ['steps', 'disable_ramdisk', 'extra', 'public', 'owner', 'description', 'traits'];
const runbookFlags = ['disable_ramdisk', 'public'];
const checkRunbook = schemaCheck('runbook', {
  type: 'object',
  properties: {
    uuid: text(),
    name: { type: 'string', minLength: 1, maxLength: 255 },
    steps: steps('order', ['interface', 'step', 'order']),
    disable_ramdisk: looseBoolean,
    extra: freeForm,
    public: looseBoolean,
    owner: text(255),
    description: text(255),
  },
  required: ['name', 'steps'],
  additionalProperties: false,
});

export const runbooks: RecordResource = {
  kind: 'runbook',
  collection: 'runbooks',
  noun: 'runbook',
  title: 'Runbook',
  since: 92,
  before: 405,
  named: true,
  argument: 'runbook_ident',
  fields: [
    ...stamps,
    patchable('name'),
    patchable('steps', []),
    patchable('disable_ramdisk', false),
    patchable('extra', {}),
    patchable('public', false),
    patchable('owner'),
    patchable('description', null, 112),
    { name: 'traits', since: 112, value: traitsOfRunbook },
  ],
  listed: ['uuid', 'name'],
  check(attributes, minor) {
    checkRunbook(attributes);
    const { name, owner, public: open } = attributes as { name: string; owner?: string | null; public?: unknown };
    // A runbook was chosen by its name alone before it had traits.
    if (minor < 112) checkTrait(name);
    else if (!isLogicalName(name)) throw invalid(`Cannot use the name '${name}' for a runbook`);
    if (owner !== undefined && owner !== null && open !== undefined && open !== null && parseBoolean('public', open)) {
      throw invalid('A public runbook cannot have an owner');
    }
  },
  read: (attributes) => ({
    name: nameOf(attributes),
    address: null,
    body: bodyOf(attributes, runbookBody, runbookFlags),
  }),
};

/** The UUID a body asks for, if any. @throws Fault (400) */
export const givenUuid = (attributes: Attributes): string | undefined => {
  const { uuid } = attributes;
  return uuid === undefined || uuid === null ? undefined : parseUuid('uuid', uuid);
};
