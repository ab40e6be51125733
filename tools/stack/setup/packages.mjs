import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the npm packages if those installed are not those of the lock file; returns the path of Node 24. */
export async function installPackages(root, report) {
  const missing = firstDifference(root);
  if (missing !== undefined) {
    report(`installing with npm ci (${missing})`);
    // No install scripts: npm 10 would run them and npm 11 would not, and nothing here needs them.
    // `npm test --silent` would silence this npm too, and with it the reason of a failure.
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
    try {
      await npm(root, ['ci', ...flags]);
    } catch (error) {
      // npm 11 refuses a lock file that lacks optional packages of other systems, as it does when it was written where the registry
      // does not serve them; npm 10 and `npm install` do not mind. Versions come from the lock file all the same.
      if (!error.message.includes('EUSAGE')) throw error;
      report('the lock file lacks packages of other systems: installing with npm install');
      await npm(root, ['install', '--no-save', ...flags]);
    }
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
    stream.on('data', (chunk) => (output = (output + chunk).slice(0, 20_000)));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args[0]} failed with ${code}:\n${errorLines(output)}`)),
    );
  });
}

/** What npm says went wrong comes first; its usage text and hints fill the rest. */
function errorLines(output) {
  const lines = output.split('\n').filter((line) => line.startsWith('npm error') && line !== 'npm error');
  return (lines.length > 0 ? lines : output.trim().split('\n')).slice(0, 12).join('\n');
}
