import { expect, test } from '@jest/globals';
import { isNotModified, readRange, type RangeAnswer } from './range.ts';

const part = (first: number, last: number): RangeAnswer => ({ kind: 'part', first, last });

test.each<[header: string | undefined, answer: RangeAnswer]>([
  [undefined, { kind: 'whole' }],
  ['bytes=0-0', part(0, 0)],
  ['bytes=10-', part(10, 99)],
  ['bytes=10-5000', part(10, 99)],
  ['bytes=-1', part(99, 99)],
  ['bytes=-5000', part(0, 99)],
  ['bytes=99-99', part(99, 99)],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=5-4', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
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
