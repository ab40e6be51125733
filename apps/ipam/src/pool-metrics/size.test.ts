import { expect, test } from '@jest/globals';
import type { IPPoolSpec } from '@metal3/metal3-api';
import { poolSize } from './size.ts';

test.each<[string, NonNullable<IPPoolSpec['pools']>, bigint]>([
  ['nothing', [], 0n],
  ['a range, both ends included', [{ start: '10.0.0.1', end: '10.0.0.9' }], 9n],
  ['a subnet without its own address', [{ subnet: '10.0.0.0/24' }], 255n],
  ['a /64', [{ subnet: '2001:db8::/64' }], 2n ** 64n - 1n],
  [
    'overlapping entries',
    [
      { start: '10.0.0.5', end: '10.0.0.9' },
      { start: '10.0.0.1', end: '10.0.0.6' },
    ],
    9n,
  ],
  ['one entry within another', [{ subnet: '10.0.0.0/24' }, { start: '10.0.0.7', end: '10.0.0.8' }], 255n],
  [
    'both families',
    [
      { start: '::1', end: '::4' },
      { start: '0.0.0.1', end: '0.0.0.4' },
    ],
    8n,
  ],
])('the size of a pool of %s', (_what, pools, size) => {
  expect(poolSize({ pools })).toBe(size);
});
