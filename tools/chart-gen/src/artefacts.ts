import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { valuesSchema, type ChartShape, type JsonSchema } from './values-schema.ts';

const root = join(import.meta.dirname, '../../..');

const shapes: Readonly<Record<string, ChartShape>> = {
  bmo: { kubernetes: true },
  capm3: { kubernetes: true },
  ipam: { kubernetes: true },
  'ironic-api': { persistence: true, store: true },
  'ironic-conductor': { store: true },
  'pxe-server': { persistence: true },
};

/** Path below the repository root to content, of every generated values.schema.json. */
export async function chartArtefacts(): Promise<ReadonlyMap<string, string>> {
  const configs = new Map<string, JsonSchema>();
  // One after the other: each is a process of its own, and there are six.
  for (const chart of Object.keys(shapes)) configs.set(chart, await configSchema(chart));
  const conductor = configs.get('ironic-conductor');
  return new Map(
    [...configs].map(([chart, config]) => {
      const extra = chart === 'ironic-api' && conductor !== undefined ? { conductorConfig: conductor } : {};
      const schema = valuesSchema(chart, config, { ...shapes[chart], ...extra });
      return [`charts/${chart}/values.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}

/** A service prints the schema of its own configuration. */
async function configSchema(app: string): Promise<JsonSchema> {
  const main = join(root, 'apps', app, 'src/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--print-schema'], { env: {} });
  return JSON.parse(stdout) as JsonSchema;
}
