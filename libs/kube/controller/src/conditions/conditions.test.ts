import { expect, test } from '@jest/globals';
import {
  type ClusterApiCondition,
  type ClusterApiFinding,
  setClusterApiCondition,
  setV1Beta2Condition,
  summarizeClusterApiConditions,
} from './cluster-api.ts';
import { isConditionTrue, removeCondition, setCondition } from './standard.ts';

const noon = Date.UTC(2026, 0, 1, 12);
const later = noon + 90_500;

test('moves the time of a standard condition only with its status', () => {
  const first = setCondition(undefined, { type: 'Ready', status: 'False', reason: 'Waiting' }, noon);
  expect(first).toEqual([
    { type: 'Ready', status: 'False', reason: 'Waiting', message: '', lastTransitionTime: '2026-01-01T12:00:00Z' },
  ]);
  const second = setCondition(first, { type: 'Ready', status: 'False', reason: 'Other', observedGeneration: 2 }, later);
  expect(second[0]).toMatchObject({
    reason: 'Other',
    observedGeneration: 2,
    lastTransitionTime: '2026-01-01T12:00:00Z',
  });
  const third = setCondition(second, { type: 'Ready', status: 'True', reason: 'Done' }, later);
  expect(third[0]?.lastTransitionTime).toBe('2026-01-01T12:01:30Z');
  expect(isConditionTrue(third, 'Ready')).toBe(true);
  expect(removeCondition(third, 'Ready')).toEqual([]);
});

test('leaves the list alone when nothing new is said', () => {
  const finding = { type: 'Ready', status: 'True', reason: 'Done', message: 'x' } as const;
  const first = setCondition([], finding, noon);
  expect(setCondition(first, finding, later)).toBe(first);
  const legacy = setClusterApiCondition([], { type: 'Ready', status: 'True' }, noon);
  expect(setClusterApiCondition(legacy, { type: 'Ready', status: 'True' }, later)).toBe(legacy);
});

test('keeps Cluster API conditions in order, Ready first, and moves their time with any change', () => {
  let conditions: ClusterApiCondition[] = [];
  for (const type of ['Zeta', 'Alpha', 'Ready'])
    conditions = setClusterApiCondition(conditions, { type, status: 'True' }, noon);
  expect(conditions.map(({ type }) => type)).toEqual(['Ready', 'Alpha', 'Zeta']);
  const finding = { type: 'Alpha', status: 'False', severity: 'Info', reason: 'Waiting' } as const;
  conditions = setClusterApiCondition(conditions, finding, noon);
  conditions = setClusterApiCondition(conditions, { ...finding, reason: 'Other' }, later);
  expect(conditions[1]).toEqual({ ...finding, reason: 'Other', lastTransitionTime: '2026-01-01T12:01:30Z' });
});

test.each<[sentence: string, findings: ClusterApiFinding[], ready: ClusterApiFinding]>([
  [
    'True when all are',
    [
      { type: 'A', status: 'True' },
      { type: 'B', status: 'True' },
    ],
    { type: 'Ready', status: 'True' },
  ],
  [
    'the gravest that is False',
    [
      { type: 'A', status: 'False', severity: 'Info', reason: 'Waiting' },
      { type: 'B', status: 'False', severity: 'Error', reason: 'Broken', message: 'why' },
    ],
    { type: 'Ready', status: 'False', severity: 'Error', reason: 'Broken', message: 'why' },
  ],
  [
    'Unknown when none is False',
    [
      { type: 'A', status: 'True' },
      { type: 'B', status: 'Unknown', reason: 'Asking' },
    ],
    { type: 'Ready', status: 'Unknown', reason: 'Asking' },
  ],
])('sums Cluster API conditions up as %s', (_sentence, findings, ready) => {
  const conditions = findings.reduce<ClusterApiCondition[]>((list, one) => setClusterApiCondition(list, one, noon), []);
  expect(summarizeClusterApiConditions(conditions, ['A', 'B', 'C'])).toEqual(ready);
});

test('sets v1beta2 conditions beside the others', () => {
  const status: Parameters<typeof setV1Beta2Condition>[0] = {};
  setV1Beta2Condition(status, { type: 'Ready', status: 'True', reason: 'Ready' }, noon);
  expect(status.v1beta2?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
  const before = status.v1beta2;
  setV1Beta2Condition(status, { type: 'Ready', status: 'True', reason: 'Ready' }, later);
  expect(status.v1beta2).toBe(before);
});
