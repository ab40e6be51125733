import { expect, test } from '@jest/globals';
import type { HostRow } from './host-board.ts';
import { renderTable } from './table.ts';

const row = (name: string, change: Partial<HostRow> = {}): HostRow => ({
  name,
  state: 'provisioning',
  since: 0,
  step: 'deploy.write_image',
  progress: '2/3',
  power: 'on',
  error: '',
  ...change,
});

test('every host is a line with aligned columns', () => {
  expect(
    renderTable([row('a'), row('node-10', { state: 'available', step: '', progress: '' })], 5_000, 120, 10),
  ).toEqual([
    'HOST     STATE         SINCE  STEP                PROGRESS  POWER  ERROR',
    'a        provisioning  5s     deploy.write_image  2/3       on',
    'node-10  available     5s                                   on',
  ]);
});

test('hosts that do not fit are summed up, and those with an error stay visible', () => {
  const rows = [
    row('a', { since: 3 }),
    row('b', { since: 2 }),
    row('c', { since: 1, error: 'inspection error: no answer' }),
  ];
  const lines = renderTable(rows, 5_000, 120, 2);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('inspection error: no answer');
  expect(lines[2]).toBe('3 hosts: 3 provisioning');
});

test('no line is wider than the screen', () => {
  const lines = renderTable([row('a', { error: 'x'.repeat(300) })], 0, 80, 10);
  expect(Math.max(...lines.map((line) => line.length))).toBe(80);
});
