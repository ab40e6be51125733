import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import {
  cacheDir,
  controlPlanePrograms,
  findOnPath,
  locateBinaries,
} from '../../../libs/local-servers/src/binaries.mjs';
import { findRuntime, firstDifference } from './packages.mjs';
import { labPrograms, systemPrograms } from './system-programs.mjs';

const gibibyte = 1024 ** 3;

/** Checks every prerequisite, prints one line for each with the remedy, and returns the exit code: 1 if anything needed is missing. */
export async function doctor(root) {
  const results = [
    ...machine(root),
    ...packages(root),
    ...(await controlPlane()),
    ...fromTheSystem(),
    ...forTheCli(),
    ...forTheLab(),
  ];
  for (const { mark, name, finding, remedy } of results) {
    process.stdout.write(
      `${mark}  ${name.padEnd(26)} ${finding}${remedy === undefined ? '' : `\n      -> ${remedy}`}\n`,
    );
  }
  const missing = results.filter(({ mark }) => mark === 'missing').length;
  process.stdout.write(
    missing === 0 ? '\nEverything needed is here or will be set up by npm start.\n' : `\n${missing} missing.\n`,
  );
  return missing === 0 ? 0 : 1;
}

const ok = (name, finding) => ({ mark: 'ok     ', name, finding });
const later = (name, finding, remedy) => ({ mark: 'later  ', name, finding, remedy });
const missing = (name, finding, remedy) => ({ mark: 'missing', name, finding, remedy });

function machine(root) {
  const { bavail, bsize } = statfsSync(root);
  const disk = (bavail * bsize) / gibibyte;
  const memory = totalmem() / gibibyte;
  const node = process.versions.node;
  const npm = version('npm', ['--version']);
  return [
    Number(node.split('.')[0]) >= 20
      ? ok('Node 20 or newer', node)
      : missing('Node 20 or newer', node, 'install Node 20 or newer'),
    npm === undefined ? missing('npm 10 or newer', 'not on PATH', 'install npm') : ok('npm 10 or newer', npm),
    disk >= 4
      ? ok('4 GiB of disk', `${disk.toFixed(0)} GiB free`)
      : missing('4 GiB of disk', `${disk.toFixed(1)} GiB free`, 'free some space'),
    memory >= 3.5
      ? ok('4 GiB of memory', `${memory.toFixed(0)} GiB`)
      : missing('4 GiB of memory', `${memory.toFixed(1)} GiB`, 'use a larger machine'),
    ok('CPU cores', `${availableParallelism()} (two are enough)`),
  ];
}

function packages(root) {
  const difference = firstDifference(root);
  const runtime = findRuntime(root);
  return [
    difference === undefined
      ? ok('npm packages', 'as locked')
      : later('npm packages', difference, 'npm start installs them'),
    runtime === undefined
      ? later('Node 24 (runtime)', 'not installed', 'comes with the npm packages')
      : ok('Node 24 (runtime)', runtime),
  ];
}

async function controlPlane() {
  const places = await locateBinaries({ names: controlPlanePrograms });
  const go = findOnPath('go');
  return controlPlanePrograms.map((name) => {
    const place = places[name];
    if (place === 'build')
      return later(
        name,
        `to be downloaded or built with ${version('go', ['version']) ?? go}`,
        `npm start puts it into ${cacheDir()}`,
      );
    if (place !== 'missing') return ok(name, place);
    const remedy = 'install Go 1.21 or newer, or set KUBEBUILDER_ASSETS, or use npm start -- --kubeconfig FILE';
    return missing(name, 'not cached, and no Go to build it', remedy);
  });
}

function fromTheSystem() {
  const canInstall = process.getuid?.() === 0 && findOnPath('apt-get') !== undefined;
  return Object.entries(systemPrograms).map(([name, program]) => {
    const path = program.find();
    if (path !== undefined) return ok(name, path);
    const say = canInstall ? later : missing;
    return say(
      name,
      'not installed',
      canInstall
        ? `apt-get installs ${program.package} when it is needed`
        : `install the package ${program.package}, or ${program.instead}`,
    );
  });
}

function forTheCli() {
  const python = version('python3', ['--version']);
  if (python === undefined)
    return [
      later(
        'Python 3 (stock CLI)',
        'not on PATH',
        'only the journeys with the openstack CLI need it: install python3 and python3-venv',
      ),
    ];
  return [ok('Python 3 (stock CLI)', python)];
}

function forTheLab() {
  const absent = Object.entries(labPrograms).filter(([, { find }]) => find() === undefined);
  if (absent.length === 0) return [ok('virtual machines (lab)', 'all programs are here')];
  const packages = [...new Set(absent.map(([, program]) => program.package))].join(' ');
  return [later('virtual machines (lab)', 'only npm run lab needs them', `as root it installs ${packages}`)];
}

function version(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
