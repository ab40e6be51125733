// npm run test:tempest: the tests that OpenStack's Ironic project has for its own API (ironic-tempest-plugin, from PyPI) against ours, with
// fake hardware, on this machine alone. They authenticate with Keystone, which a stand-in plays here: our API asks nobody who they are.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startIdentity } from './identity.mjs';

const packages = ['tempest==47.0.0', 'ironic-tempest-plugin==3.2.0'];
const root = resolve(import.meta.dirname, '../../..');
const cache = process.env.METAL3_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'metal3');
const venv = join(cache, packages.join('_').replaceAll('==', '-'));
const bin = (name) => join(venv, 'bin', name);
const suites = 'ironic_tempest_plugin.tests.api.admin';

/** What is left out, and why. */
const leftOut = new Map([
  [
    'test_nodes.TestResetInterfaces.test_reset_all_interfaces',
    'changes the driver to ipmi, which this Ironic does not have',
  ],
]);

const dir = mkdtempSync(join(tmpdir(), 'metal3-tempest-'));
let ironic;
let identity;
try {
  install();
  const port = await freePort();
  ironic = startIronic(port);
  const endpoint = `http://127.0.0.1:${port}`;
  await ready(endpoint);
  identity = await startIdentity(endpoint);
  configure(identity.url);
  process.exitCode = (await runTests()) ? 0 : 1;
} finally {
  identity?.close();
  await stop(ironic);
  rmSync(dir, { recursive: true, force: true });
}

/** The virtual environment is made once; a marker says that it is complete. */
function install() {
  if (existsSync(join(venv, 'complete'))) return;
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined) throw new Error('Python 3 with its venv module is needed: install python3-venv');
  console.log(`installing ${packages.join(' and ')} from PyPI into ${venv} (a minute or two, once)`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run(python, ['-m', 'venv', venv]);
  run(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(join(venv, 'complete'), '');
}

function startIronic(port) {
  const args = ['start', '--only', 'ironic', '--port', String(port), '--state-dir', join(dir, 'state')];
  return spawn(process.execPath, [join(root, 'tools/stack/bootstrap.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function ready(endpoint) {
  for (const end = Date.now() + 600_000; Date.now() < end; await sleep(250)) {
    if (ironic.exitCode !== null) break;
    const drivers = await fetch(`${endpoint}/v1/drivers`).then(
      (answer) => answer.text(),
      () => '',
    );
    if (drivers.includes('fake-hardware')) return;
  }
  throw new Error('ironic-api and ironic-conductor did not start');
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

/** Runs every module and prints a line for each; true if nothing failed that is not left out. */
async function runTests() {
  let passed = 0;
  const failed = [];
  for (const module of modules()) {
    const { text, count } = await runModule(module);
    const names = [...text.matchAll(/^(?:FAIL|ERROR): (\S+?)(?:\[.*)?$/gm)].map(([, name]) =>
      name.replace(`${suites}.`, ''),
    );
    const unexpected = names.filter((name) => !leftOut.has(name));
    if (unexpected.length > 0 || count === undefined) process.stdout.write(`${text.slice(-6000)}\n`);
    if (count === undefined) failed.push(`${module} ended without a result`);
    failed.push(...unexpected);
    passed += (count ?? 0) - names.length;
    console.log(`${module}: ${count ?? 'no'} run, ${unexpected.length} failed`);
  }
  for (const [name, why] of leftOut) console.log(`left out: ${name}: ${why}`);
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`${passed} passed, ${failed.length} failed, ${leftOut.size} left out`);
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

async function stop(child) {
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  await ended;
  clearTimeout(late);
}

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: dir, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.slice(-3000)}`);
}

function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
