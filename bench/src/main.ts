// npm run bench -- --hosts 100 --json FILE
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '@metal3/stack';
import { measureLifecycle } from './lifecycle.ts';
import { loadRest, type RestFigures } from './rest-load.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '100' },
    json: { type: 'string' },
    'skip-rest': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    'npm run bench -- [--hosts N] [--json FILE] [--skip-rest]\n\nMeasures a life cycle of N simulated hosts and the REST API under load.',
  );
  process.exit(0);
}
const hosts = Number(values.hosts);
if (!Number.isInteger(hosts) || hosts < 1) {
  console.error(`--hosts ${values.hosts}: give a whole number from 1`);
  process.exit(2);
}

const say = (line: string) => console.error(line);
const lifecycle = await measureLifecycle(root, hosts, say);
const ironicApi = values['skip-rest'] ? undefined : await measureRest();
const figures = { ...lifecycle, ...(ironicApi !== undefined && { ironicApi }) };
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
console.log(JSON.stringify(figures, null, 2));

/** The REST API of a stack of its own: the Ironic half with production logging and without machines. */
async function measureRest(): Promise<RestFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-bench-'));
  const services = ['ironic-api', 'ironic-conductor'] as const;
  const stack = await startStack({ root, dir, hosts: 0, namespace: 'metal3', services, say });
  try {
    return await loadRest(stack.restUrl, stack.pids()['ironic-api'] ?? 0, say);
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
