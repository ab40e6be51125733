import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Ip, ipKey } from '../address/ip.ts';
import { Ledger } from './ledger.ts';

const ip = (value: number): Ip => ({ family: 4, value: BigInt(value) });

const operation = fc.record({
  what: fc.constantFrom(
    'take' as const,
    'back' as const,
    'hold' as const,
    'letGo' as const,
    'block' as const,
    'unblock' as const,
  ),
  value: fc.integer({ min: 0, max: 6 }),
  who: fc.constantFrom('a', 'b', 'c'),
});

test('an address is taken for as long as anybody has it', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const ledger = new Ledger();
      const objects: string[] = [];
      const held = new Map<string, string>();
      const blocked = new Map<string, string>();
      for (const { what, value, who } of operations) {
        const key = ipKey(ip(value));
        switch (what) {
          case 'take':
            ledger.take(ip(value));
            objects.push(key);
            break;
          case 'back':
            // Only what has been taken is given back.
            if (!objects.includes(key)) break;
            ledger.giveBack(ip(value));
            objects.splice(objects.indexOf(key), 1);
            break;
          case 'hold':
            ledger.hold(who, ip(value));
            held.set(who, key);
            break;
          case 'letGo':
            expect(ledger.letGo(who)).toBe(held.delete(who));
            break;
          case 'block':
            ledger.block(who, ip(value));
            if (!blocked.has(who)) blocked.set(who, key);
            break;
          case 'unblock':
            expect(ledger.unblock(who)).toBe(blocked.delete(who));
        }
      }
      const taken = new Set([...objects, ...held.values(), ...blocked.values()]);
      for (let value = 0; value <= 6; value++) expect(ledger.isTaken(ip(value))).toBe(taken.has(ipKey(ip(value))));
      expect(ledger.holds).toBe(held.size);
    }),
  );
});

test('the two families have nothing in common', () => {
  const ledger = new Ledger();
  ledger.take({ family: 4, value: 5n });
  expect(ledger.isTaken({ family: 6, value: 5n })).toBe(false);
});
