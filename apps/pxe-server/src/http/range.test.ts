import { expect, test } from '@jest/globals';
import { isNotModified, readRange, type RangeAnswer } from './range.ts';

const part = (...[one, ...more]: [[number, number], ...[number, number][]]): RangeAnswer => {
  const range = ([first, last]: [number, number]) => ({ first, last });
  return { kind: 'parts', ranges: [range(one), ...more.map(range)] };
};

test.each<[header: string | undefined, answer: RangeAnswer]>([
  [undefined, { kind: 'whole' }],
  ['bytes=0-0', part([0, 0])],
  ['bytes=10-', part([10, 99])],
  ['bytes=10-5000', part([10, 99])],
  ['bytes=-1', part([99, 99])],
  ['bytes=-5000', part([0, 99])],
  ['bytes=99-99', part([99, 99])],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=5-4', { kind: 'whole' }],
  ['bytes=0-1,5-6', part([0, 1], [5, 6])],
  ['bytes=50-60, 0-1 ,, 55-70', part([0, 1], [50, 70])],
  ['bytes=0-9,10-19', part([0, 19])],
  ['bytes=0-1,200-300', part([0, 1])],
  ['bytes=200-300,400-', { kind: 'unsatisfiable' }],
  ['bytes=0-1,x', { kind: 'whole' }],
  ['BYTES=0-1', part([0, 1])],
  [`bytes=${Array.from({ length: 17 }, (_, index) => `${index * 3}-${index * 3}`).join()}`, { kind: 'whole' }],
  [`bytes=0-${'9'.repeat(30)}`, part([0, 99])],
  [`bytes=${'9'.repeat(30)}-`, { kind: 'unsatisfiable' }],
  ['lines=0-1', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
])('of 100 bytes, %s asks for %j', (header, answer) => {
  expect(readRange(header, 100)).toEqual(answer);
});

test.each([
  [undefined, false],
  ['"a"', true],
  ['"b", W/"a"', true],
  ['*', true],
  ['"b"', false],
])('If-None-Match %s against "a": %s', (header, expected) => {
  expect(isNotModified(header, '"a"')).toBe(expected);
});
