import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');

describe.each([
  ['bmo', 'Bmo'],
  ['ipam', 'Ipam'],
  ['capm3', 'Capm3'],
  ['ironic-api', 'IronicApi'],
  ['ironic-conductor', 'IronicConductor'],
  ['pxe-server', 'PxeServer'],
])('the alerts of %s', (chart, prefix) => {
  const { alerts } = parse(readFileSync(join(root, 'charts', chart, 'files/alerts.yaml'), 'utf8')) as {
    alerts: readonly { alert: string; severity: string; summary: string; description: string }[];
  };
  const runbooks = readdirSync(join(root, 'docs/runbooks')).filter((file) => file.startsWith(prefix));

  test('every alert has a runbook, and every runbook an alert', () => {
    expect(runbooks.toSorted()).toEqual(alerts.map(({ alert }) => `${alert}.md`).toSorted());
  });

  test.each(runbooks)('%s says what it means, where to look and what to do', (file) => {
    const text = readFileSync(join(root, 'docs/runbooks', file), 'utf8');
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([file.replace('.md', ''), 'What it means for users', 'Where to look', 'What to do']);
    for (const [, other] of text.matchAll(/\]\((\w+\.md)\)/g)) expect(runbooks).toContain(other);
  });

  test.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s says how bad it is and what is wrong',
    (_name, alert) => {
      expect(['warning', 'critical']).toContain(alert.severity);
      expect(alert.summary).not.toBe('');
      expect(alert.description).toMatch(/\.$/);
    },
  );
});
