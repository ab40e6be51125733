import { expect, test } from '@jest/globals';
import { parseIp } from '../address/ip.ts';
import { planOf } from '../allocation/plan.ts';
import { Ledger } from './ledger.ts';
import { usageOf } from './usage.ts';

const ledgerWith = (...texts: string[]) => {
  const ledger = new Ledger();
  for (const text of texts) {
    const ip = parseIp(text);
    if (ip !== undefined) ledger.take(ip);
  }
  return ledger;
};

test('counts each range, and an address of two ranges once in the sum', () => {
  const plan = planOf({
    spec: {
      namePrefix: 'p',
      pools: [
        { start: '10.0.0.1', end: '10.0.0.10' },
        { start: '10.0.0.6', end: '10.0.0.15' },
      ],
      preAllocations: { used: '10.0.0.7', kept: '10.0.0.8', outside: '10.9.0.1' },
    },
  });
  expect(usageOf(plan, ledgerWith('10.0.0.1', '10.0.0.7', '10.0.1.1'))).toEqual({
    total: 15,
    used: 2,
    reserved: 1,
    free: 12,
    ranges: [
      { range: '10.0.0.1-10.0.0.10', total: 10, used: 2, reserved: 1, free: 7 },
      { range: '10.0.0.6-10.0.0.15', total: 10, used: 1, reserved: 1, free: 8 },
    ],
  });
});

test('tells what is beyond counting as the largest whole number that JSON readers agree on', () => {
  const plan = planOf({
    spec: { namePrefix: 'p', pools: [{ subnet: '2001:db8::/64' }, { subnet: '2001:db8:1::/64' }] },
  });
  const { total, free, used } = usageOf(plan, ledgerWith('2001:db8::1'));
  expect([total, free, used]).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 1]);
});
