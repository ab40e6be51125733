// npm run test:interop: BMO's REST adapter against the Ironic that PyPI has, with fake hardware, on this machine alone.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  ensureEnvironment,
  freePort,
  packagedNode,
  run,
  servesFakeHardware,
  stop,
} from '../../../tools/pypi-programs.mjs';

const version = '39.0.0';
const root = resolve(import.meta.dirname, '../../..');
const venv = ensureEnvironment([`ironic==${version}`]);
const bin = (name) => join(venv, 'bin', name);

const dir = mkdtempSync(join(tmpdir(), 'metal3-interop-'));
let ironic;
try {
  const port = await freePort();
  const config = configure(port);
  run(bin('ironic-dbsync'), ['--config-file', config, 'create_schema'], dir);
  ironic = start(config);
  const endpoint = `http://127.0.0.1:${port}`;
  await ready(endpoint);
  process.exitCode = await runTests(endpoint);
} finally {
  await stop(ironic, { signal: 'SIGTERM', graceMs: 10_000 });
  rmSync(dir, { recursive: true, force: true });
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
  if (await servesFakeHardware(endpoint, ironic, 120_000)) return;
  const output = ['output.log', 'ironic.log'].map((name) => join(dir, name)).filter((path) => existsSync(path));
  throw new Error(`Ironic did not start:\n${output.map((path) => readFileSync(path, 'utf8').slice(-3000)).join('\n')}`);
}

function runTests(endpoint) {
  const jest = spawn(
    packagedNode(root),
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      ...['--config', join(import.meta.dirname, 'jest.config.mjs')],
      ...['--globals', JSON.stringify({ ironicEndpoint: endpoint })],
      ...['--testTimeout', '60000', '--verbose'],
    ],
    { cwd: root, stdio: 'inherit' },
  );
  return new Promise((done) => jest.once('exit', (code) => done(code ?? 1)));
}
