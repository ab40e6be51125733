// npm run test:tempest: the tests that OpenStack's Ironic project has for its own API (ironic-tempest-plugin, from PyPI) against ours, with
// fake hardware, on this machine alone. They authenticate with Keystone, which a stand-in plays here: our API asks nobody who they are.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureEnvironment, freePort, servesFakeHardware, stop } from '../../../tools/pypi-programs.mjs';
import { startIdentity } from './identity.mjs';

const packages = ['tempest==47.0.0', 'ironic-tempest-plugin==3.2.0'];
const root = resolve(import.meta.dirname, '../../..');
const venv = ensureEnvironment(packages);
const bin = (name) => join(venv, 'bin', name);
const suites = 'ironic_tempest_plugin.tests.api.admin';

const dir = mkdtempSync(join(tmpdir(), 'metal3-tempest-'));
let ironic;
let identity;
try {
  const port = await freePort();
  ironic = startIronic(port);
  const endpoint = `http://127.0.0.1:${port}`;
  if (!(await servesFakeHardware(endpoint, ironic, 600_000)))
    throw new Error('ironic-api and ironic-conductor did not start');
  identity = await startIdentity(endpoint);
  configure(identity.url);
  process.exitCode = (await runTests()) ? 0 : 1;
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

function configure(identityUrl) {
  // Each test class takes one account of a project and one of the system.
  const ofProject = { project_name: 'p', domain_name: 'Default', roles: ['admin'], types: ['admin'] };
  const ofSystem = { system: 'all', user_domain_name: 'Default', roles: ['admin', 'member', 'reader'] };
  const accounts = [0, 1].flatMap((number) => [
    { username: `project-${number}`, password: 'x', ...ofProject, project_name: `project-${number}` },
    { username: `system-${number}`, password: 'x', ...ofSystem },
  ]);
  // JSON is YAML.
  writeFileSync(join(dir, 'accounts.yaml'), JSON.stringify(accounts));
  const lines = [
    '[DEFAULT]',
    `log_file = ${join(dir, 'tempest.log')}`,
    'use_stderr = false',
    '[oslo_concurrency]',
    `lock_path = ${join(dir, 'locks')}`,
    '[auth]',
    'use_dynamic_credentials = False',
    `test_accounts_file = ${join(dir, 'accounts.yaml')}`,
    'admin_domain_name = Default',
    '[identity]',
    `uri_v3 = ${identityUrl}/v3`,
    'region = RegionOne',
    '[service_available]',
    'ironic = True',
    ...['nova', 'neutron', 'glance', 'cinder', 'swift'].map((name) => `${name} = False`),
    '[enforce_scope]',
    'ironic = False',
    '[baremetal]',
    'driver = fake-hardware',
    'max_microversion = latest',
    '[validation]',
    'run_validation = False',
  ];
  writeFileSync(join(dir, 'tempest.conf'), `${lines.join('\n')}\n`);
}

/** Runs every module and prints a line for each; true if nothing failed. */
async function runTests() {
  let passed = 0;
  const failed = [];
  for (const module of modules()) {
    const { text, count } = await runModule(module);
    const names = [...text.matchAll(/^(?:FAIL|ERROR): (\S+?)(?:\[.*)?$/gm)].map(([, name]) =>
      name.replace(`${suites}.`, ''),
    );
    if (names.length > 0 || count === undefined) process.stdout.write(`${text.slice(-6000)}\n`);
    if (count === undefined) failed.push(`${module} ended without a result`);
    failed.push(...names);
    passed += (count ?? 0) - names.length;
    console.log(`${module}: ${count ?? 'no'} run, ${names.length} failed`);
  }
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  return failed.length === 0 && passed > 0;
}

function modules() {
  const lib = join(venv, 'lib');
  const [python] = readdirSync(lib);
  const folder = join(lib, python, 'site-packages', ...suites.split('.'));
  return readdirSync(folder)
    .flatMap((file) => /^(test_\w+)\.py$/.exec(file)?.[1] ?? [])
    .sort();
}

function runModule(module) {
  return new Promise((done, fail) => {
    const child = spawn(bin('python'), ['-m', 'testtools.run', `${suites}.${module}`], {
      cwd: dir,
      env: { ...process.env, TEMPEST_CONFIG: 'tempest.conf', TEMPEST_CONFIG_DIR: dir },
      timeout: 900_000,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
    child.once('error', fail);
    child.once('close', () => {
      const ran = /^Ran (\d+) tests? in/m.exec(text)?.[1];
      done({ text, count: ran === undefined ? undefined : Number(ran) });
    });
  });
}
