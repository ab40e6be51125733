import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ipamKinds } from '@metal3/metal3-api';
import { parse } from 'yaml';
import { renderCrd } from './render.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What clients of upstream rely on: names, scope and versions of the three kinds, without descriptions. */
const known = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/ipam-v1alpha1.json'), 'utf8')) as Record<
  string,
  Json
>;

const status = 'versions.0.schema.openAPIV3Schema.properties.status.properties';
/** Fields of our own, which clients of upstream ignore; see docs/adr/0006. */
const additions = new Map([
  ['ipclaims', [`${status}.conditions`]],
  ['ippools', [`${status}.addresses`, `${status}.conditions`, `${status}.ranges`]],
  ['ipaddresses', []],
]);

test.each(ipamKinds.map((kind) => [kind.plural, kind] as const))(
  'the structure of %s is what clients know, but for our additions',
  (plural, kind) => {
    const { names, scope, versions } = (parse(renderCrd(kind)) as { readonly spec: Record<string, Json> }).spec;
    const ours = { names, scope, versions } as Json;
    expect(differences(known[plural] ?? null, ours, '')).toEqual({ missing: [], extra: additions.get(plural) });
  },
);

test('the three kinds carry the labels by which Cluster API finds their provider', () => {
  for (const { labels } of ipamKinds) expect(labels).toMatchObject({ 'cluster.x-k8s.io/provider': 'ipam-metal3' });
});

function differences(theirs: Json, ours: Json, path: string): { missing: string[]; extra: string[] } {
  if (!isBranch(theirs) || !isBranch(ours)) {
    return { missing: theirs === ours ? [] : [path], extra: [] };
  }
  const [left, right] = [branches(theirs), branches(ours)];
  const found = { missing: [] as string[], extra: [...right.keys()].filter((key) => !left.has(key)).map(under(path)) };
  for (const [key, value] of left) {
    const counterpart = right.get(key);
    if (counterpart === undefined) {
      found.missing.push(under(path)(key));
      continue;
    }
    const deeper = differences(value, counterpart, under(path)(key));
    found.missing.push(...deeper.missing);
    found.extra.push(...deeper.extra);
  }
  return { missing: found.missing.toSorted(), extra: found.extra.toSorted() };
}

function isBranch(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

/** Descriptions are in our own words; lists of names have no order. */
function branches(value: Json[] | { [key: string]: Json }): Map<string, Json> {
  if (!Array.isArray(value)) {
    return new Map(Object.entries(value).filter(([key, child]) => key !== 'description' || typeof child !== 'string'));
  }
  const texts = value.every((one) => typeof one === 'string');
  return new Map(value.map((one, at) => [texts ? String(one) : String(at), one]));
}

function under(path: string): (key: string) => string {
  return (key) => (path === '' ? key : `${path}.${key}`);
}
