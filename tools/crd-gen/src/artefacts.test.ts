import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { allKinds } from '@metal3/metal3-api';
import { parse } from 'yaml';
import { crdArtefacts } from './artefacts.ts';

const root = join(import.meta.dirname, '../../..');

test.each([...crdArtefacts()])('%s is what the definitions say (npm run crd-gen writes it)', (path, content) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(content);
});

test('every kind is shipped by exactly one chart', () => {
  expect(crdArtefacts().size).toBe(allKinds.length);
});

test.each(allKinds.map((kind) => [kind.kind, kind] as const))('%s has one storage version', (_name, kind) => {
  expect(kind.versions.filter((version) => version.storage)).toHaveLength(1);
});

test('no schema carries a keyword that structural schemas refuse', () => {
  const refused = new Set([
    'additionalItems',
    'patternProperties',
    'const',
    '$id',
    '$ref',
    'definitions',
    'dependencies',
  ]);
  for (const [path, content] of crdArtefacts()) {
    const found = keywords(parse(content)).filter((keyword) => refused.has(keyword));
    expect({ path, found }).toEqual({ path, found: [] });
  }
});

function keywords(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keywords);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...keywords(item)]);
}
