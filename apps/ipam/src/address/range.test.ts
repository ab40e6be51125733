import { expect, test } from '@jest/globals';
import { formatIp } from './ip.ts';
import { type PoolRange, rangeOf } from './range.ts';

test.each<[PoolRange, string | undefined]>([
  [{ start: '10.0.0.5', end: '10.0.0.9' }, '10.0.0.5 10.0.0.9'],
  [{ start: '10.0.0.5', subnet: '10.0.0.0/28' }, '10.0.0.5 10.0.0.15'],
  [{ start: '10.0.0.5', end: '10.0.0.200', subnet: '10.0.0.0/28' }, '10.0.0.5 10.0.0.15'],
  [{ start: '10.0.0.5' }, '10.0.0.5 255.255.255.255'],
  [{ subnet: '10.0.0.0/28' }, '10.0.0.1 10.0.0.15'],
  [{ subnet: '10.0.0.10/28' }, '10.0.0.11 10.0.0.15'],
  [{ subnet: '2001:db8::/126' }, '2001:db8::1 2001:db8::3'],
  [{ start: '9.0.0.0', subnet: '10.0.0.0/28' }, '10.0.0.0 10.0.0.15'],
  [{ end: '10.0.0.9' }, undefined],
  [{ start: '10.0.0.9', end: '10.0.0.5' }, undefined],
  [{ start: '10.0.0.5', end: '2001:db8::1' }, undefined],
  [{}, undefined],
])('%j offers %s', (settings, offer) => {
  const range = rangeOf(settings);
  const text = (value: bigint) => formatIp({ family: range?.family ?? 4, value });
  expect(range && `${text(range.first)} ${text(range.last)}`).toBe(offer);
});
