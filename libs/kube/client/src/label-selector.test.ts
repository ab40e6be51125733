import { expect, test } from '@jest/globals';
import { matchesLabelSelector, parseLabelSelector } from './label-selector.ts';

const labels = { tier: 'db', zone: 'a' };

test.each([
  ['', true],
  ['tier=db', true],
  ['tier==db,zone!=b', true],
  ['tier in (web, db)', true],
  ['tier notin (web, db)', false],
  ['missing notin (a)', true],
  ['zone', true],
  ['!zone', false],
  ['missing!=x', true],
  ['missing=x', false],
])('"%s" selects: %s', (text, selected) => {
  expect(parseLabelSelector(text)(labels)).toBe(selected);
});

test('names the part of a selector that cannot be read', () => {
  expect(() => parseLabelSelector('a=b,c in d')).toThrow('cannot read "c in d"');
});

test.each([
  [undefined, false],
  [{}, true],
  [{ matchLabels: { tier: 'db' } }, true],
  [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }, false],
  [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['b'] }] }, true],
  [
    {
      matchExpressions: [
        { key: 'zone', operator: 'Exists' },
        { key: 'rack', operator: 'DoesNotExist' },
      ],
    },
    true,
  ],
])('the selector %j selects: %s', (selector, selected) => {
  expect(matchesLabelSelector(selector, labels)).toBe(selected);
});
