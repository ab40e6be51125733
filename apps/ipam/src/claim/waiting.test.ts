import { beforeEach, expect, test } from '@jest/globals';
import type { Claim } from './claim.ts';
import { WaitingClaims, type WaitingFor } from './waiting.ts';

const pool = { namespace: 'lab', name: 'pool' };
const claim = (name: string, known: Partial<Claim> = {}) =>
  ({ kind: 'IPClaim', key: { namespace: 'lab', name }, pool: { name: 'pool' }, ...known }) as Claim;

let waiting: WaitingClaims;
let woken: string[];
beforeEach(() => {
  waiting = new WaitingClaims();
  woken = [];
});
const wait = (name: string, waitingFor: WaitingFor = { what: 'any-address' }, known: Partial<Claim> = {}) =>
  waiting.add(claim(name, known), waitingFor, () => void woken.push(name));

test('calls as many in as there are addresses, the longest waiting first', () => {
  for (const name of ['a', 'b', 'c']) wait(name);
  waiting.addressesFree(pool, 2);
  expect(woken).toEqual(['a', 'b']);
});

test('calls nobody in for an address that somebody has been called in for', () => {
  for (const name of ['a', 'b', 'c']) wait(name);
  waiting.addressesFree(pool, 1);
  waiting.addressesFree(pool, 1);
  expect(woken).toEqual(['a']);
  expect(waiting.hasLine(pool)).toBe(true);
});

test('knows for which pool a claim had been called in, so that the next may have the address', () => {
  for (const name of ['a', 'b']) wait(name);
  waiting.addressesFree(pool, 1);
  expect(waiting.remove(claim('a'))).toEqual(pool);
  expect(waiting.remove(claim('b'))).toBeUndefined();
  waiting.addressesFree(pool, 1);
  expect(woken).toEqual(['a']);
});

test('wakes only those who want the address that has come free', () => {
  wait('five', { what: 'address', address: '10.0.0.5' });
  wait('six', { what: 'address', address: '10.0.0.6' });
  wait('any');
  waiting.addressFree(pool, '10.0.0.6');
  expect(woken).toEqual(['six']);
});

test('wakes everybody when the pool changes, and those of another pool not', () => {
  wait('any');
  wait('five', { what: 'address', address: '10.0.0.5' });
  wait('setting', { what: 'pool' });
  wait('elsewhere', { what: 'pool' }, { pool: { name: 'other' } });
  waiting.poolChanged(pool);
  expect(woken).toEqual(['any', 'five', 'setting']);
});

test('wakes those who wait for a Cluster when it changes', () => {
  wait('demo', { what: 'cluster' }, { clusterName: 'demo' });
  wait('other', { what: 'cluster' }, { clusterName: 'other' });
  waiting.clusterChanged({ namespace: 'lab', name: 'demo' });
  expect(woken).toEqual(['demo']);
});

test('forgets whom nobody waits for any more', () => {
  wait('a');
  wait('b', { what: 'address', address: '10.0.0.5' });
  expect(waiting.countOf(pool)).toBe(2);
  for (const name of ['a', 'b']) waiting.remove(claim(name));
  expect(waiting.countOf(pool)).toBe(0);
  waiting.poolChanged(pool);
  expect(woken).toEqual([]);
});
