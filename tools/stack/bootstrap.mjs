// Where npm start, npm test, npm run doctor, npm run bench and npm run lab come in: gets everything they need, then hands over to TypeScript.
// Runs on Node 20 before anything is installed, so: no dependencies, no syntax newer than that.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { controlPlanePrograms, ensureBinaries, findOnPath, programs } from '../../libs/local-servers/src/binaries.mjs';
import { doctor } from './setup/doctor.mjs';
import { findRuntime, installPackages } from './setup/packages.mjs';
import { createProgress } from './setup/progress.mjs';
import { bootBenchPrograms, ensureSystemPrograms, labPrograms, networkBootPrograms } from './setup/system-programs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What each command needs, and the program that does it. */
const commands = {
  start: {
    program: 'tools/stack/src/start.ts',
    programs: (flags) => (flags.has('--redis-url') ? [] : ['redis-server']),
    built: (flags) => (flags.has('--kubeconfig') || flags.has('--only') ? [] : controlPlanePrograms),
  },
  // Tests also install and move things as people do: helm, clusterctl. Built here, where progress shows and no test waits for it.
  test: {
    program: 'tools/stack/src/test.ts',
    programs: () => ['redis-server', 'postgres', 'qemu-img', 'ipmitool', 'ipmi_sim', ...networkBootPrograms],
    built: () => Object.keys(programs),
  },
  bench: {
    program: 'bench/src/main.ts',
    programs: (flags) => (flags.has('boot') ? bootBenchPrograms : ['redis-server']),
    built: (flags) => (flags.has('boot') ? [] : controlPlanePrograms),
  },
  lab: {
    program: 'tools/lab/src/main.ts',
    programs: (flags) => (flags.has('--list') ? [] : ['redis-server', ...Object.keys(labPrograms)]),
    built: (flags) => (flags.has('--list') ? [] : controlPlanePrograms),
  },
};

async function main() {
  const [name, ...args] = process.argv.slice(2);
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Error(
      `Node ${process.versions.node} is too old to set the project up: install Node 20 or newer (Node 24 itself comes with npm)`,
    );
  }
  if (name === 'doctor') return doctor(root);
  const command = commands[name];
  if (command === undefined)
    throw new Error(
      `unknown command "${name ?? ''}": use npm start, npm test, npm run bench, npm run lab or npm run doctor`,
    );

  // `--flag=value` counts as `--flag`.
  const flags = new Set(args.map((argument) => argument.split('=')[0]));
  const runtime = flags.has('--help') ? findRuntime(root) : undefined;
  return handOver(runtime ?? (await setUp(command, flags)), command.program, args);
}

async function setUp(command, flags) {
  const progress = createProgress();
  // Programs are built or installed while npm works; the first failure ends it all.
  const [runtime] = await Promise.all([
    installPackages(root, progress.lane('packages')),
    ensureSystemPrograms(command.programs(flags), progress.lane('system')),
    ensureBinaries({ names: command.built(flags), report: progress.lane('control plane') }),
  ]);
  progress.done();
  return runtime;
}

function handOver(runtime, program, args) {
  // Without the second flag process.exit may wait for ever: see libs/service/src/start.ts.
  const nodeArgs = ['--disable-warning=ExperimentalWarning', '--no-concurrent-sparkplug', program, ...args];
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv') : undefined;
  // If this process is killed, the stack below gets SIGTERM from the kernel and cleans up.
  const [file, fileArgs] =
    setpriv === undefined ? [runtime, nodeArgs] : [setpriv, ['--pdeathsig', 'TERM', '--', runtime, ...nodeArgs]];
  const child = spawn(file, fileArgs, { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the child by itself, being in the same process group; here it must only not end us first.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

main().then(
  (code) => {
    // Nothing is left to be done, and process.exit may wait for ever: see libs/service/src/start.ts.
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`\n${error.message}\n\nnpm run doctor says what is missing on this machine.\n`);
    // The rest of the set-up is under way, and ends with us.
    process.exit(1);
  },
);
