// npm run bench -- --hosts 100 --json FILE, or npm run bench -- ipam|boot --json FILE
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '@metal3/stack';
import { bootParts, isBootPart, measureBoot } from './boot/measure.ts';
import { measureIpam } from './ipam/measure.ts';
import { measureLifecycle } from './lifecycle.ts';
import { loadRest, type RestFigures } from './rest-load.ts';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hosts: { type: 'string', default: '100' },
    json: { type: 'string' },
    'skip-rest': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    [
      'npm run bench -- [--hosts N] [--json FILE] [--skip-rest]',
      'npm run bench -- ipam [--json FILE]',
      'npm run bench -- boot [dhcp|tftp|http|media ...] [--json FILE]',
      '',
      'Measures a life cycle of N simulated hosts and the REST API under load; or the IP address manager with up to 50,000 addresses;',
      'or pxe-server, or only those parts of it, beside dnsmasq, tftpd-hpa and nginx (as root: it makes network namespaces).',
    ].join('\n'),
  );
  process.exit(0);
}
const hosts = Number(values.hosts);
if (!Number.isInteger(hosts) || hosts < 1) {
  console.error(`--hosts ${values.hosts}: give a whole number from 1`);
  process.exit(2);
}

const [subject, ...rest] = positionals;
const parts = rest.filter(isBootPart);
if (
  (subject !== undefined && subject !== 'ipam' && subject !== 'boot') ||
  parts.length < rest.length ||
  (rest.length > 0 && subject !== 'boot')
) {
  console.error(`${positionals.join(' ')}: give ipam, or boot and any of ${bootParts.join(', ')}`);
  process.exit(2);
}

const say = (line: string) => console.error(line);
const figures = await measure();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
console.log(JSON.stringify(figures, null, 2));

function measure(): Promise<object> {
  if (subject === 'ipam') return measureIpam(root, say);
  return subject === 'boot' ? measureBoot(root, parts.length > 0 ? parts : bootParts, say) : measureStack();
}

async function measureStack(): Promise<object> {
  const lifecycle = await measureLifecycle(root, hosts, say);
  const ironicApi = values['skip-rest'] ? undefined : await measureRest();
  return { ...lifecycle, ...(ironicApi !== undefined && { ironicApi }) };
}

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
