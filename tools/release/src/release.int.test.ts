import { execFile } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
let copy: string;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'metal3-release-'));
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of stdout.split('\0').filter((one) => one !== '')) {
    // A file that was removed and not yet committed is still listed.
    if (lstatSync(join(root, file), { throwIfNoEntry: false }) === undefined) continue;
    cpSync(join(root, file), join(copy, file), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const git = (...args: readonly string[]) =>
    run('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: copy });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'state');
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs nx release with this plan, changing nothing; answers what it would do. */
async function dryRun(plan: Readonly<Record<string, 'major' | 'minor' | 'patch'>>): Promise<string> {
  const folder = join(copy, '.nx/version-plans');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bumps = Object.entries(plan).map(([project, bump]) => `'${project}': ${bump}`);
  writeFileSync(join(folder, 'plan.md'), `---\n${bumps.join('\n')}\n---\n\nWhat changes for users.\n`);
  const nx = join(copy, 'node_modules/.bin/nx');
  const { stdout, stderr } = await run(process.execPath, [nx, 'release', 'version', '--dry-run'], {
    cwd: copy,
    env: {
      ...process.env,
      NX_DAEMON: 'false',
      NX_CACHE_DIRECTORY: join(copy, '.nx/cache'),
      FORCE_COLOR: '0',
      CI: 'true',
    },
  });
  return `${stdout}${stderr}`;
}

/** Projects that would get a version, and which. */
function versions(output: string): Readonly<Record<string, string>> {
  const found = output.matchAll(/^(\S+) .*to get new version (\S+)$/gm);
  return Object.fromEntries([...found].map(([, project, version]) => [project, version]));
}

/** 0.1.0 and minor: 0.2.0 */
function next(file: string, bump: 'minor' | 'patch'): string {
  const [, major, minor, patch] =
    /"?version"?: "?(\d+)\.(\d+)\.(\d+)/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
  return bump === 'minor' ? `${major}.${Number(minor) + 1}.0` : `${major}.${minor}.${Number(patch) + 1}`;
}

test('an app, its chart and its client are released independently, and the chart then installs the new app', async () => {
  const output = await dryRun({ '@metal3/ipam': 'minor', 'chart-ipam': 'patch', '@metal3/ipam-client': 'patch' });
  const app = next('apps/ipam/package.json', 'minor');
  expect(versions(output)).toEqual({
    '@metal3/ipam': app,
    'chart-ipam': next('charts/ipam/Chart.yaml', 'patch'),
    '@metal3/ipam-client': next('libs/clients/ipam/package.json', 'patch'),
  });
  expect(output).toContain(`+ appVersion: ${app}`);
  expect(output).toContain(`+       image: metal3/ipam:${app}`);
}, 180_000);

test('the chart of all components is released by itself, with its parts as they are then', async () => {
  const output = await dryRun({ 'chart-ipam': 'minor', 'chart-metal3': 'patch' });
  expect(versions(output)).toEqual({
    'chart-ipam': next('charts/ipam/Chart.yaml', 'minor'),
    'chart-metal3': next('charts/metal3/Chart.yaml', 'patch'),
  });
  expect(output).not.toMatch(/^\+ {3,}version: /m);
}, 180_000);

test('a chart alone keeps the app that it installs', async () => {
  const output = await dryRun({ 'chart-ipam': 'minor' });
  expect(versions(output)).toEqual({ 'chart-ipam': next('charts/ipam/Chart.yaml', 'minor') });
  expect(output).not.toContain('+ appVersion');
}, 180_000);
