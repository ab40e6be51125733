import { expect, test } from '@jest/globals';
import type { KubeObject } from '@metal3/kube-client';
import type { KindVersion } from '@metal3/metal3-api';
import fc from 'fast-check';
import { convert, convertedKinds } from './convert.ts';
import { goDuration } from './go-duration.ts';

const group = 'infrastructure.cluster.x-k8s.io';

/** As much of a structural schema as the kinds use. */
interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** The same objects every time; another seed finds others. */
const runs = { seed: 1, numRuns: 100 };

const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 1, maxLength: 8 });

/**
 * Values that a schema lets in; nothing in them is empty, since "empty" and "not set" mean the same and may become each other. Texts are any
 * words: a conversion does not look into them, but for the ones of `special`, by the name of the field.
 */
function valuesOf(
  schema: Schema,
  special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
): fc.Arbitrary<unknown> {
  const { properties, additionalProperties, items } = schema;
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, field]) => [name, special[name] ?? valuesOf(field, special)]);
    const requiredKeys = [...(schema.required ?? [])];
    return fc
      .record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys,
        noNullPrototype: true,
      })
      .filter((record) => Object.keys(record).length > 0);
  }
  if (additionalProperties !== undefined) {
    return fc.dictionary(word, valuesOf(additionalProperties, special), {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    });
  }
  if (items !== undefined) {
    const keys = schema['x-kubernetes-list-map-keys'];
    const distinct = (item: unknown): unknown => {
      const fieldsOf = item as Record<string, unknown>;
      return JSON.stringify(keys === undefined ? item : keys.map((key) => fieldsOf[key]));
    };
    const list = fc.uniqueArray(valuesOf(items, special), { minLength: 1, maxLength: 3, selector: distinct });
    return keys?.[0] === 'index' ? list.filter(eachClaimOnce) : list;
  }
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 1, max: schema.maximum ?? 2 ** 31 - 1 });
    case 'string':
      return schema.format === 'date-time' ? fc.constant('2026-01-01T00:00:00Z') : word;
    default:
      return fc.dictionary(word, word, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  }
}

/** A claim has one index, although the new version's schema does not say so. */
function eachClaimOnce(indexes: readonly unknown[]): boolean {
  return new Set(indexes.map((entry) => (entry as { name: string }).name)).size === indexes.length;
}

/** What the API server keeps of an object whose version has this schema. */
function pruned(value: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return value;
  if (Array.isArray(value)) return value.map((item) => pruned(item, schema.items ?? {}));
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).flatMap(([name, field]) => {
    const of = schema.properties?.[name] ?? schema.additionalProperties;
    return of === undefined ? [] : [[name, pruned(field, of)] as const];
  });
  return Object.fromEntries(known);
}

type Order = Readonly<Record<string, (left: never, right: never) => number>>;
/** Lists of which the old version knows maps come back sorted by their key. */
const order: Order = {
  failureDomains: (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1),
  indexes: (left: { name?: string; index?: number }, right: { name?: string; index?: number }) =>
    left.name === undefined || right.name === undefined ? 0 : (left.index ?? 0) - (right.index ?? 0),
  parameters: (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1),
};

function sorted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item));
    return order[name] === undefined ? items : items.toSorted(order[name] as (left: unknown, right: unknown) => number);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, sorted(field, key)]));
}

const cases = convertedKinds.map((kind) => {
  const [old, present] = kind.versions as readonly [KindVersion, KindVersion];
  return [kind.kind, { group: kind.group, old, present }] as const;
});

const objectsOf = (
  { name, spec, status }: KindVersion,
  { group, kind }: { readonly group: string; readonly kind: string },
  special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
): fc.Arbitrary<KubeObject> => {
  const half = (schema: unknown) => valuesOf(schema as Schema, special);
  const halves = fc.record(
    { spec: half(spec), ...(status !== undefined && { status: half(status) }) },
    { requiredKeys: ['spec'] },
  );
  // As it comes from the wire: no undefined fields, plain prototypes.
  const fromWire = (body: object): KubeObject =>
    JSON.parse(
      JSON.stringify({ apiVersion: `${group}/${name}`, kind, metadata: { name: 'x' }, ...body }),
    ) as KubeObject;
  return halves.map(fromWire);
};

const prunedObject = (object: KubeObject, { spec, status }: KindVersion): KubeObject => ({
  ...object,
  ...pick(object, 'spec', spec),
  ...pick(object, 'status', status),
});

function pick(object: KubeObject, half: 'spec' | 'status', schema: unknown): object {
  const value = (object as KubeObject & Record<string, unknown>)[half];
  return value === undefined ? {} : { [half]: pruned(value, schema as Schema) };
}

test.each(cases)('%s: whatever the new version can say is the same after a visit to the old one', (kind, it) => {
  fc.assert(
    fc.property(objectsOf(it.present, { group: it.group, kind }), (object) => {
      const there = convert(object, `${it.group}/v1beta1`);
      // What the API server would drop of it on the way would be lost.
      expect(prunedObject(there, it.old)).toEqual(there);
      expect(sorted(convert(there, `${it.group}/v1beta2`))).toEqual(sorted(object));
    }),
    runs,
  );
});

/** What the new version does without: nobody has ever read it. */
const unread: ReadonlySet<string> = new Set(['phase', 'templateReference']);
const objectReferences: ReadonlySet<string> = new Set(['dataTemplate', 'renderedData', 'template', 'claim']);

/** An old object as it is expected back. */
function remembered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(remembered);
  if (typeof value !== 'object' || value === null) return value;
  const { cloudProviderEnabled, noCloudProvider, ...fields } = value as Record<string, unknown>;
  // Both say the same; the newer one counts.
  const enabled = cloudProviderEnabled ?? (noCloudProvider === undefined ? undefined : noCloudProvider === false);
  return {
    ...(enabled !== undefined && { cloudProviderEnabled: enabled, noCloudProvider: enabled !== true }),
    ...('operator' in fields && { values: [] }),
    ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, remembered(field)])),
  };
}

function withoutUnread(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnread);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !unread.has(name));
  return Object.fromEntries(
    fields.map(([name, field]) => {
      const reference = objectReferences.has(name) && !('spec' in (field as object));
      return [name, reference ? nameOnly(field as { name?: string; namespace?: string }) : withoutUnread(field)];
    }),
  );
}

function nameOnly({ name, namespace }: { name?: string; namespace?: string }): object {
  return { ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) };
}

test.each(cases)('%s: of what an old object says, only what nobody reads is lost', (kind, it) => {
  const special = { timeout: fc.integer({ min: 1, max: 1_000_000 }).map(goDuration) };
  const objects = objectsOf(it.old, { group: it.group, kind }, special);
  // A phase is what the new version knows of remediations, and not of machines.
  const expected = (object: KubeObject) =>
    remembered(kind.startsWith('Metal3Remediation') ? object : withoutUnread(object));
  fc.assert(
    fc.property(objects, (object) => {
      const there = convert(object, `${it.group}/v1beta2`);
      expect(prunedObject(there, it.present)).toEqual(there);
      expect(convert(there, `${it.group}/v1beta1`)).toEqual(expected(object));
    }),
    runs,
  );
});

test.each([
  ['600s', 600],
  ['10m0s', 600],
  ['1h0m0.9s', 3_600],
  ['.5h', 1_800],
  ['100000ms', 100],
  ['0', undefined],
  ['-5m', -300],
])('a timeout of %s is %s seconds', (timeout, timeoutSeconds) => {
  const object = {
    apiVersion: `${group}/v1beta1`,
    kind: 'Metal3Remediation',
    metadata: {},
    spec: { strategy: { timeout } },
  };
  expect(convert(object, `${group}/v1beta2`)).toMatchObject({
    spec: { strategy: timeoutSeconds === undefined ? {} : { timeoutSeconds } },
  });
});

test('a timeout that is none is refused, with the field and what it should look like', () => {
  const spec = { strategy: { timeout: 'soon' } };
  const object = { apiVersion: `${group}/v1beta1`, kind: 'Metal3Remediation', metadata: {}, spec };
  expect(() => convert(object, `${group}/v1beta2`)).toThrow('strategy.timeout: "soon" is not a duration such as 10m');
});

test('an annotation that somebody has spoilt takes nothing but itself away', () => {
  const metadata = { annotations: { 'cluster.x-k8s.io/conversion-data': '{"spec":' } };
  const spec = { template: { spec: {} } };
  const object = { apiVersion: `${group}/v1beta1`, kind: 'Metal3MachineTemplate', metadata, spec };
  expect(convert(object, `${group}/v1beta2`)).toEqual({
    apiVersion: `${group}/v1beta2`,
    kind: 'Metal3MachineTemplate',
    metadata: {},
    spec,
  });
});
