import { expect, test } from '@jest/globals';
import type { IPPoolStatus } from '@metal3/metal3-api';
import { parseIp } from '../../address/ip.ts';
import type { PoolUsage } from '../../ledger/usage.ts';
import type { GivenAddress } from '../../register/ports.ts';
import type { PoolStanding } from '../standing/decide.ts';
import { decideReport, mostIndexes } from './decide.ts';

const usage: PoolUsage = { total: 65_534, used: 2, reserved: 0, free: 65_532, ranges: [] };
const open: PoolStanding = { kind: 'open' };
const now = Date.parse('2026-03-01T12:00:00Z');

const given = (claim: string, text: string, api: GivenAddress['api'] = 'metal3') =>
  ({ api, claim: { key: { namespace: 'lab', name: claim }, uid: claim }, ip: parseIp(text), text }) as GivenAddress;
const manyFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => {
    const index = first + at;
    return given(`c${index}`, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  });
const report = (addresses: Iterable<GivenAddress>, present?: IPPoolStatus, standing: PoolStanding = open, at = now) =>
  decideReport({ present, addresses, usage, standing, now: at });
const conditionsOf = ({ conditions = [] }: IPPoolStatus) =>
  conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message }));

test('a status names the address of each claim, how many there are, and when that changed', () => {
  const { indexes, addresses, ranges, lastUpdated } = report([given('a', '10.0.0.1'), given('b', '10.0.0.2')]);
  expect(indexes).toEqual({ a: '10.0.0.1', b: '10.0.0.2' });
  expect({ addresses, ranges }).toEqual({
    addresses: { total: 65_534, used: 2, reserved: 0, free: 65_532 },
    ranges: [],
  });
  expect(lastUpdated).toBe('2026-03-01T12:00:00Z');
});

test('a status that says all already is left as it is', () => {
  const told = report([given('a', '10.0.0.1')]);
  expect(report([given('a', '10.0.0.1')], told, open, now + 60_000)).toBe(told);
  expect(report([given('a', '10.0.0.2')], told, open, now + 60_000).lastUpdated).toBe('2026-03-01T12:01:00Z');
});

test('claims of both kinds that share a name are told apart', () => {
  const { indexes } = report([
    given('a', '10.0.0.2', 'cluster-api'),
    given('a', '10.0.0.1'),
    given('b', '10.0.0.3', 'cluster-api'),
  ]);
  expect(indexes).toEqual({ a: '10.0.0.1', 'IPAddressClaim/a': '10.0.0.2', b: '10.0.0.3' });
});

test('addresses that no claim has, and those that cannot be read, are not told', () => {
  expect(report([given('', '10.0.0.1'), given('a', 'nonsense')]).indexes).toEqual({});
});

test('10,000 addresses are told in full', () => {
  const status = report(manyFrom(0, mostIndexes));
  expect(Object.keys(status.indexes ?? {})).toHaveLength(10_000);
  expect(conditionsOf(status).map(({ type }) => type)).toEqual(['Ready']);
});

test('of more than 10,000 that many are told, and a condition says that there are others', () => {
  const status = report(manyFrom(0, mostIndexes + 2_500));
  expect(Object.keys(status.indexes ?? {})).toHaveLength(10_000);
  expect(conditionsOf(status)).toContainEqual({
    type: 'IndexesTruncated',
    status: 'True',
    reason: 'TooManyAddresses',
    message: 'status.indexes holds 10000 of 12500 addresses; list the IPAddress objects for all of them',
  });
});

test('what a cut status tells stays, so that little of a large object changes; freed room goes to others', () => {
  const told = report(manyFrom(0, mostIndexes + 1));
  const after = report(manyFrom(10, mostIndexes + 1), told);
  const before = new Set(Object.keys(told.indexes ?? {}));
  const fresh = Object.keys(after.indexes ?? {}).filter((name) => !before.has(name));
  expect(Object.keys(after.indexes ?? {})).toHaveLength(10_000);
  expect(fresh).toHaveLength(10);
  expect(after.indexes).not.toHaveProperty('c0');
});

test('a pool that has shrunk to 10,000 is told in full again, without the condition', () => {
  const told = report(manyFrom(0, mostIndexes + 1));
  const status = report(manyFrom(0, mostIndexes), told);
  expect(Object.keys(status.indexes ?? {})).toHaveLength(10_000);
  expect(conditionsOf(status).map(({ type }) => type)).toEqual(['Ready']);
});

test.each([
  ['is on its way out', { kind: 'deleting' }, 'Deleting', 'waits until its last address is back'],
  [
    'waits for its Cluster',
    { kind: 'not-ready', missing: 'cluster', why: 'Cluster c of IPPool p is not there' },
    'ClusterNotFound',
    'Cluster c of IPPool p is not there',
  ],
] as const)('a pool that %s says so', (_, standing, reason, message) => {
  expect(conditionsOf(report([], undefined, standing))).toEqual([{ type: 'Ready', status: 'False', reason, message }]);
});
