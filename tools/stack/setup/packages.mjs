import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the npm packages if those installed are not those of the lock file; returns the path of Node 24. */
export async function installPackages(root, report) {
  const missing = firstDifference(root);
  if (missing !== undefined) {
    report(`installing with npm ci (${missing})`);
    // No install scripts: npm 10 would run them and npm 11 would not, and nothing here needs them.
    await npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress']);
    report('installed');
  }
  const runtime = findRuntime(root);
  if (runtime === undefined) {
    throw new Error(
      `no Node 24 for ${process.platform}-${process.arch}: the package node-${process.platform}-${process.arch} is not among the ` +
        'optional dependencies, so install Node 24 or newer and run the command with it',
    );
  }
  return runtime;
}

/** Node 24: this very process if it is one, or the binary that came with npm. */
export function findRuntime(root) {
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}

/**
 * Names the first package whose installed version is not the locked one; undefined when all fit.
 * npm writes node_modules/.package-lock.json only at the end of a complete installation.
 */
export function firstDifference(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return 'nothing is installed';
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  for (const [path, entry] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const found = installed[path];
    if (found === undefined ? entry.optional || entry.devOptional : found.version === entry.version) continue;
    return `${path} ${found === undefined ? 'is missing' : `is ${found.version}, locked is ${entry.version}`}`;
  }
  return undefined;
}

function npm(root, args) {
  // Under `npm start` this is the npm that called us, of whatever version.
  const [file, ...prefix] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const child = spawn(file, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-8_000)));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`npm ${args[0]} failed with ${code}:\n${output.trim().split('\n').slice(-20).join('\n')}`)),
    );
  });
}
