// Programs from PyPI that are run beside ours, each set in a virtual environment of its own. Runs on any supported Node, before packages are there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Installs packages (`name==version`) once; a marker says that it is complete.
 *
 * @returns the folder of the environment
 */
export function ensureEnvironment(packages) {
  const cache = process.env.METAL3_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'metal3');
  const venv = join(cache, packages.join('_').replaceAll('==', '-'));
  if (existsSync(join(venv, 'complete'))) return venv;
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined) throw new Error('Python 3 with its venv module is needed: install python3-venv');
  console.log(`installing ${packages.join(' and ')} from PyPI into ${venv} (a few minutes, once)`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run(python, ['-m', 'venv', venv], cache);
  run(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], cache);
  writeFileSync(join(venv, 'complete'), '');
  return venv;
}

/** The Node that is installed as a package, on which the services and Jest run; the one that runs this where it is not there. */
export function packagedNode(root) {
  const packaged = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return existsSync(packaged) ? packaged : process.execPath;
}

/** Runs a program to its end. @throws what it said when it failed */
export function run(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.slice(-3000)}`);
}

/** Whether the Ironic that a process serves tells of fake hardware in time; false as soon as the process has ended. */
export async function servesFakeHardware(endpoint, process, withinMs) {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(250)) {
    if (process.exitCode !== null) return false;
    const drivers = await fetch(`${endpoint}/v1/drivers`).then(
      (answer) => answer.text(),
      () => '',
    );
    if (drivers.includes('fake-hardware')) return true;
  }
  return false;
}

/** Asks a process to end, and ends it when it has not after a while. */
export async function stop(child, { signal, graceMs }) {
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(late);
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
