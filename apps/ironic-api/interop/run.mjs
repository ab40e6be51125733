// Programs of other people, from PyPI, against our Ironic API with fake hardware, on this machine alone. They authenticate with Keystone, which a
// stand-in plays here: our API asks nobody who they are.
//   npm run test:tempest     node apps/ironic-api/interop/run.mjs tempest
//   npm run test:openstack   node apps/ironic-api/interop/run.mjs openstacksdk ansible
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, servesFakeHardware, stop } from '../../../tools/pypi-programs.mjs';
import { ansible } from './ansible.mjs';
import { startIdentity } from './identity.mjs';
import { openstacksdk } from './openstacksdk.mjs';
import { tempest } from './tempest.mjs';

const suites = { tempest, openstacksdk, ansible };
const names = process.argv.slice(2);
const stranger = names.find((name) => !Object.hasOwn(suites, name));
if (stranger !== undefined || names.length === 0) {
  console.error(`${stranger ?? 'nothing'} cannot be run: name one or more of ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

const root = resolve(import.meta.dirname, '../../..');
const dir = mkdtempSync(join(tmpdir(), 'metal3-strangers-'));
let ironic;
let identity;
try {
  const port = await freePort();
  ironic = startIronic(port);
  const endpoint = `http://127.0.0.1:${port}`;
  if (!(await servesFakeHardware(endpoint, ironic, 600_000)))
    throw new Error('ironic-api and ironic-conductor did not start');
  identity = await startIdentity(endpoint);
  const failed = [];
  for (const name of names) if (!(await suites[name]({ dir, identity: identity.url }))) failed.push(name);
  if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  identity?.close();
  await stop(ironic, { signal: 'SIGINT', graceMs: 60_000 });
  rmSync(dir, { recursive: true, force: true });
}

function startIronic(port) {
  const args = ['start', '--only', 'ironic', '--port', String(port), '--state-dir', join(dir, 'state')];
  return spawn(process.execPath, [join(root, 'tools/stack/bootstrap.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
