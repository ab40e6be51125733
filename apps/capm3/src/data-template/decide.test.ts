import { expect, test } from '@jest/globals';
import type { Metal3Data, Metal3DataClaim, Metal3DataTemplate } from '@metal3/metal3-api';
import { decideTemplate, shownIndexes, type TemplateObservation } from './decide.ts';

const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const template = { metadata: { name: 'tpl' }, spec: {} } as Metal3DataTemplate;
const claim = (name: string, more: object = {}, renderedData?: string) =>
  ({
    metadata: { name, ...more },
    spec: { template: { name: 'tpl' } },
    ...(renderedData !== undefined && { status: { renderedData: { name: renderedData } } }),
  }) as Metal3DataClaim;
const data = (index: number, of: string, more: object = {}) =>
  ({ metadata: { name: `tpl-${index}`, ...more }, spec: { index, claim: { name: of } } }) as Metal3Data;

function steps(known: Partial<TemplateObservation>): string[] {
  const decision = decideTemplate({
    template,
    claims: [],
    data: [],
    isTaken: () => false,
    isPaused: () => false,
    ...known,
  });
  return decision.steps.map((step) =>
    step.kind === 'release'
      ? `release ${step.claim.metadata.name} ${step.data?.metadata.name ?? 'without data'}`
      : `${step.kind} ${step.name} for ${step.claim.metadata.name}`,
  );
}

test.each<[string, Partial<TemplateObservation>, string[]]>([
  ['claims get indexes from zero', { claims: [claim('a'), claim('b')] }, ['create tpl-0 for a', 'create tpl-1 for b']],
  [
    'gaps are filled first',
    { claims: [claim('a', {}, 'tpl-0'), claim('c', {}, 'tpl-2'), claim('new')], data: [data(0, 'a'), data(2, 'c')] },
    ['create tpl-1 for new'],
  ],
  [
    'an index is not free before its data has gone',
    { claims: [claim('new')], data: [data(0, 'old', going)] },
    ['create tpl-1 for new'],
  ],
  [
    'a name that somebody else uses is passed over',
    { claims: [claim('new')], isTaken: (name) => name === 'tpl-0' },
    ['create tpl-1 for new'],
  ],
  [
    'data that was made before a crash is found again',
    { claims: [claim('a')], data: [data(4, 'a')] },
    ['record tpl-4 for a'],
  ],
  ['a claim that has its data wants nothing', { claims: [claim('a', {}, 'tpl-0')], data: [data(0, 'a')] }, []],
  ['data that has been lost is made anew', { claims: [claim('a', {}, 'tpl-7')] }, ['create tpl-0 for a']],
  ['a paused cluster waits', { claims: [claim('a')], isPaused: () => true }, []],
  [
    'a claim that goes takes its data along, paused or not',
    { claims: [claim('a', going, 'tpl-0')], data: [data(0, 'a')], isPaused: () => true },
    ['release a tpl-0'],
  ],
  ['a claim without data goes', { claims: [claim('a', going)] }, ['release a without data']],
  [
    'a claim made anew under an old name waits for the old data to go',
    { claims: [claim('a')], data: [data(0, 'a', going)] },
    [],
  ],
])('%s', (_sentence, known, expected) => {
  expect(steps(known)).toEqual(expected);
});

test('a template is in use while it has claims or data', () => {
  const unused = (claims: Metal3DataClaim[], present: Metal3Data[]) =>
    decideTemplate({ template, claims, data: present, isTaken: () => false, isPaused: () => false }).unused;
  expect([unused([], []), unused([claim('a')], []), unused([], [data(0, 'a')])]).toEqual([true, false, false]);
});

test('indexes are shown in order, as many as the schema takes, and no empty list', () => {
  expect(shownIndexes([data(2, 'c'), data(0, 'a')])).toEqual([
    { index: 0, name: 'a' },
    { index: 2, name: 'c' },
  ]);
  expect(shownIndexes([])).toBeUndefined();
  expect(shownIndexes(Array.from({ length: 600 }, (_, at) => data(at, `c${at}`)))).toHaveLength(512);
});
