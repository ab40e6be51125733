import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chartReadme } from './readme.ts';
import { valuesSchema, type ChartShape, type JsonSchema } from './values-schema.ts';

const root = join(import.meta.dirname, '../../..');

const shapes: Readonly<Record<string, ChartShape>> = {
  bmo: { kubernetes: true },
  capm3: { kubernetes: true, webhookAndCheck: true },
  ipam: { kubernetes: true, webhookAndCheck: true },
  'ironic-api': { persistence: true, store: true },
  'ironic-conductor': { store: true },
  'pxe-server': { persistence: true, https: true, lease: true },
};

/** Charts whose every value is explained in values.yaml, from which their README is made. */
export const explainedCharts = ['capm3', 'ipam'];

/** Path below the repository root to content, of every generated values.schema.json and README.md. */
export async function chartArtefacts(): Promise<ReadonlyMap<string, string>> {
  const configs = new Map<string, JsonSchema>();
  // One after the other: each is a process of its own, and there are six.
  for (const chart of Object.keys(shapes)) configs.set(chart, await configSchema(chart));
  const conductor = configs.get('ironic-conductor');
  const artefacts = new Map<string, string>();
  for (const [chart, config] of configs) {
    const extra = chart === 'ironic-api' && conductor !== undefined ? { conductorConfig: conductor } : {};
    const schema = valuesSchema(chart, config, { ...shapes[chart], ...extra });
    artefacts.set(`charts/${chart}/values.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
    if (!explainedCharts.includes(chart)) continue;
    const [about, values] = ['Chart.yaml', 'values.yaml'].map((file) =>
      readFileSync(join(root, 'charts', chart, file), 'utf8'),
    );
    artefacts.set(`charts/${chart}/README.md`, await chartReadme({ about: about ?? '', values: values ?? '', schema }));
  }
  return artefacts;
}

/** A service prints the schema of its own configuration. */
async function configSchema(app: string): Promise<JsonSchema> {
  const main = join(root, 'apps', app, 'src/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--print-schema'], { env: {} });
  return JSON.parse(stdout) as JsonSchema;
}
