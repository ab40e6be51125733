import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { webhookMetrics } from '@metal3/kube-admission';
import { controllerMetrics, leadershipMetric } from '@metal3/kube-controller';
import { testService } from '@metal3/testing';
import { parse } from 'yaml';
import { machineMetrics } from './metrics.ts';

const files = join(import.meta.dirname, '../../../../charts/capm3/files');
const { alerts } = parse(readFileSync(join(files, 'alerts.yaml'), 'utf8')) as {
  alerts: readonly { alert: string; expr: string }[];
};
const { panels } = JSON.parse(readFileSync(join(files, 'dashboard.json'), 'utf8')) as {
  panels: readonly { title: string; targets: readonly { expr: string }[] }[];
};
const queries = [
  ...alerts.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`the panel ${title}`, expr] as const)),
];

const service = testService('capm3');
afterAll(() => service.stop());
controllerMetrics(service.metrics);
leadershipMetric(service.metrics, 'lease');
webhookMetrics(service.metrics);
machineMetrics(service.metrics, { list: () => [] });

test.each(queries)('%s asks only for metrics that the service has', async (_what, expr) => {
  const text = await service.metrics.metrics();
  // Histograms also have the names of their parts.
  const known = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_count', '_sum'].map((part) => name + part) : [name],
  );
  const asked = expr.match(/\b(metal3|controller_runtime|workqueue|leader_election|process|nodejs)_\w+/g) ?? [];
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name) => !known.includes(name))).toEqual([]);
});
