import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serviceEntry } from '@metal3/local-servers';
import { chartReadme } from './readme.ts';
import { valuesSchema, wholeValuesSchema, type ChartShape, type JsonSchema } from './values-schema.ts';

const root = join(import.meta.dirname, '../../..');

const shapes: Readonly<Record<string, ChartShape>> = {
  bmo: { kubernetes: true, webhook: true, ironicByRest: true },
  capm3: { kubernetes: true, webhook: true },
  ipam: { kubernetes: true, webhook: true },
  'ironic-api': { persistence: true, store: true, https: 'instead', basicAuth: true },
  'ironic-conductor': { store: true },
  'pxe-server': { persistence: true, https: 'too', lease: true },
};

/** One per service. */
export const charts: readonly string[] = Object.keys(shapes);

/** The chart of all of them. */
export const wholeChart = 'metal3';

/** Path below the repository root to content, of every generated values.schema.json and README.md. */
export async function chartArtefacts(): Promise<ReadonlyMap<string, string>> {
  const configs = new Map<string, JsonSchema>();
  // One after the other: each is a process of its own, and there are six.
  for (const chart of Object.keys(shapes)) configs.set(chart, await configSchema(chart));
  const conductor = configs.get('ironic-conductor');
  const artefacts = new Map<string, string>();
  for (const [chart, config] of configs) {
    const extra = chart === 'ironic-api' && conductor !== undefined ? { conductorConfig: conductor } : {};
    await addArtefacts(artefacts, chart, valuesSchema(chart, config, { ...shapes[chart], ...extra }));
  }
  await addArtefacts(artefacts, wholeChart, wholeValuesSchema(charts));
  return artefacts;
}

async function addArtefacts(artefacts: Map<string, string>, chart: string, schema: JsonSchema): Promise<void> {
  artefacts.set(`charts/${chart}/values.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
  const [about, values] = ['Chart.yaml', 'values.yaml'].map((file) =>
    readFileSync(join(root, 'charts', chart, file), 'utf8'),
  );
  const file = join(import.meta.dirname, 'install', `${chart}.md`);
  const install = existsSync(file) ? { install: readFileSync(file, 'utf8') } : {};
  const readme = await chartReadme({ about: about ?? '', values: values ?? '', schema, ...install });
  artefacts.set(`charts/${chart}/README.md`, readme);
}

/** A service prints the schema of its own configuration. */
async function configSchema(app: string): Promise<JsonSchema> {
  const { stdout } = await promisify(execFile)(process.execPath, [serviceEntry(app), '--print-schema'], { env: {} });
  return JSON.parse(stdout) as JsonSchema;
}
