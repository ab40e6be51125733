// npm run test:interop: BMO's REST adapter against the Ironic that PyPI has, with fake hardware, on this machine alone.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const version = '39.0.0';
const root = resolve(import.meta.dirname, '../../..');
const cache = process.env.METAL3_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'metal3');
const venv = join(cache, `ironic-${version}`);
const bin = (name) => join(venv, 'bin', name);

const dir = mkdtempSync(join(tmpdir(), 'metal3-interop-'));
let ironic;
try {
  install();
  const port = await freePort();
  const config = configure(port);
  run(bin('ironic-dbsync'), ['--config-file', config, 'create_schema']);
  ironic = start(config);
  const endpoint = `http://127.0.0.1:${port}`;
  await ready(endpoint);
  process.exitCode = await runTests(endpoint);
} finally {
  await stop(ironic);
  rmSync(dir, { recursive: true, force: true });
}

/** The virtual environment is made once; a marker says that it is complete. */
function install() {
  if (existsSync(join(venv, 'complete'))) return;
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined) throw new Error('Python 3 with its venv module is needed: install python3-venv');
  console.log(`installing Ironic ${version} from PyPI into ${venv} (a few minutes, once)`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run(python, ['-m', 'venv', venv]);
  run(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', `ironic==${version}`]);
  writeFileSync(join(venv, 'complete'), '');
}

function configure(port) {
  const interfaces = {
    bios: 'fake,no-bios',
    boot: 'fake',
    console: 'no-console',
    deploy: 'fake',
    firmware: 'fake,no-firmware',
    inspect: 'fake,no-inspect',
    management: 'fake',
    network: 'noop',
    power: 'fake',
    raid: 'fake',
    rescue: 'no-rescue',
    storage: 'noop',
    vendor: 'fake',
  };
  const lines = [
    '[DEFAULT]',
    'auth_strategy = noauth',
    'host = interop',
    'my_ip = 127.0.0.1',
    'rpc_transport = none',
    `state_path = ${dir}`,
    `log_file = ${join(dir, 'ironic.log')}`,
    'enabled_hardware_types = fake-hardware',
    ...Object.entries(interfaces).map(([name, value]) => `enabled_${name}_interfaces = ${value}`),
    'default_bios_interface = fake',
    'default_deploy_interface = fake',
    'default_inspect_interface = fake',
    '[database]',
    `connection = sqlite:///${join(dir, 'ironic.sqlite')}`,
    '[api]',
    'host_ip = 127.0.0.1',
    `port = ${port}`,
    '[oslo_messaging_notifications]',
    'driver = noop',
    '[deploy]',
    `http_root = ${join(dir, 'http')}`,
  ];
  const path = join(dir, 'ironic.conf');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function start(config) {
  const log = openSync(join(dir, 'output.log'), 'a');
  const child = spawn(bin('ironic'), ['--config-file', config], { cwd: dir, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

async function ready(endpoint) {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(250)) {
    if (ironic.exitCode !== null) break;
    const drivers = await fetch(`${endpoint}/v1/drivers`).then(
      (answer) => answer.text(),
      () => '',
    );
    if (drivers.includes('fake-hardware')) return;
  }
  const output = ['output.log', 'ironic.log'].map((name) => join(dir, name)).filter((path) => existsSync(path));
  throw new Error(`Ironic did not start:\n${output.map((path) => readFileSync(path, 'utf8').slice(-3000)).join('\n')}`);
}

async function runTests(endpoint) {
  const { default: config } = await import(join(root, 'jest.config.mjs'));
  const project = config.projects.find(({ displayName }) => displayName === 'apps/bmo');
  const own = { ...project, testMatch: ['<rootDir>/interop/**/*.interop.ts'], globals: { ironicEndpoint: endpoint } };
  const jest = spawn(
    process.execPath,
    [
      join(root, 'node_modules/jest/bin/jest.js'),
      '--config',
      JSON.stringify(own),
      '--testTimeout',
      '60000',
      '--verbose',
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    },
  );
  return new Promise((done) => jest.once('exit', (code) => done(code ?? 1)));
}

async function stop(child) {
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
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
