import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  freePort,
  serviceEntry,
  startChild,
  testControlPlane,
  waitUntilReady,
  type Child,
} from '@metal3/local-servers';
import { parse, stringify } from 'yaml';
import { charts } from './artefacts.ts';
import { selectorsOf } from './prom-ql.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'metal3-queries-'));
const children: Child[] = [];
const pages = new Map<string, string>();
beforeAll(async () => {
  await Promise.all(charts.map(async (chart) => pages.set(chart, await metricsPage(chart))));
}, 240_000);
afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** What alerts and panels ask for: their name, and the expression. */
function queriesOf(chart: string): readonly (readonly [what: string, expr: string])[] {
  const files = join(root, 'charts', chart, 'files');
  const { alerts } = parse(readFileSync(join(files, 'alerts.yaml'), 'utf8')) as {
    readonly alerts: readonly { readonly alert: string; readonly expr: string }[];
  };
  const { panels } = JSON.parse(readFileSync(join(files, 'dashboard.json'), 'utf8')) as {
    readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  };
  return [
    ...alerts.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`the panel ${title}`, expr] as const)),
  ];
}

/** What a service needs to show everything that it measures. */
async function flagsOf(chart: string): Promise<readonly string[]> {
  const at = async () => `127.0.0.1:${await freePort()}`;
  if (chart.startsWith('ironic-')) {
    const store = ['--store', `sqlite:${join(folder, chart)}.sqlite`, '--store-key-file', join(folder, `${chart}.key`)];
    return chart === 'ironic-api' ? [...store, '--listen', '127.0.0.1:0'] : store;
  }
  const { kubeconfigPath, namespace } = await testControlPlane();
  if (chart === 'pxe-server') {
    const subnets = [{ network: '127.0.0.0/24', ranges: ['127.0.0.100-127.0.0.110'] }];
    const ports = { server: await freePort(), client: await freePort() };
    const settings = {
      ironicApi: { address: await at() },
      http: { listen: '127.0.0.1:0' },
      cache: { folder: join(folder, 'cache') },
      dhcp: { mode: 'server', listen: '127.0.0.1', ports, subnets, leaseFile: join(folder, 'leases') },
      dhcpDuty: { by: 'lease', kubeconfig: kubeconfigPath, namespace },
      tftp: { listen: '127.0.0.1:0' },
    };
    const file = join(folder, 'pxe-server.yaml');
    writeFileSync(file, stringify(settings));
    return ['--config', file];
  }
  const watching = ['--kubeconfig', kubeconfigPath, '--namespace', namespace];
  const elect = chart === 'bmo' ? '--enable-leader-election' : '--leader-elect';
  const ironic = chart === 'bmo' ? ['--ironic-endpoint', `http://${await at()}/v1/`] : [];
  return [...watching, ...ironic, elect, '--webhook-port', String(await freePort())];
}

/** The page at /metrics of the running service, once everything that is asked for is there, or a minute after that should be so. */
async function metricsPage(chart: string): Promise<string> {
  const health = `127.0.0.1:${await freePort()}`;
  const flags = await flagsOf(chart);
  const child = startChild({
    name: chart,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', serviceEntry(chart), '--health-listen', health, ...flags],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    logFile: join(folder, `${chart}.log`),
  });
  children.push(child);
  const page = async () => (await fetch(`http://${health}/metrics`)).text();
  await waitUntilReady(child, async () => (await page()) !== '', 120_000);
  // Parts of a service start one after the other, and some bring their metrics along.
  const asked = queriesOf(chart).flatMap(([, expr]) => selectorsOf(expr).map(({ metric }) => metric));
  const end = Date.now() + 60_000;
  let text = await page();
  while (Date.now() < end && asked.some((metric) => !measured(text).has(metric))) text = await page();
  await child.stop();
  return text;
}

/** Of every metric on the page, by its name, the labels of its series; undefined where it has none yet. */
function measured(page: string): ReadonlyMap<string, ReadonlySet<string> | undefined> {
  const known = new Map<string, Set<string> | undefined>();
  for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    // Histograms have the names of their parts instead.
    const parts = type === 'histogram' ? ['_bucket', '_count', '_sum'] : [''];
    for (const part of parts) known.set(name + part, undefined);
  }
  for (const [, name = '', labels = ''] of page.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    known.set(name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)));
  }
  return known;
}

/** What Prometheus adds to every series. */
const ofTheTarget = ['pod', 'namespace', 'instance', 'job'];

describe.each(charts)('the alerts and the dashboard of %s', (chart) => {
  test.each(queriesOf(chart))('%s asks for what the running service measures', (_what, expr) => {
    const known = measured(pages.get(chart) ?? '');
    for (const { metric, labels } of selectorsOf(expr)) {
      expect([...known.keys()]).toContain(metric);
      const has = known.get(metric);
      if (has !== undefined) expect([...has, ...ofTheTarget]).toEqual(expect.arrayContaining([...labels]));
    }
  });
});

test.each(['sum(rate(a_total[5m])', 'up > > 1', '1 + 1'])('%s is no question for metrics', (expr) => {
  expect(() => selectorsOf(expr)).toThrow();
});
