import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { ensureBinaries } from '@metal3/local-servers';
import { parse } from 'yaml';
import { writeArtefacts } from './artefacts.ts';
import { readReleaseTag } from './release-tag.ts';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const digest = `sha256:${'0a'.repeat(32)}`;
const folder = mkdtempSync(join(tmpdir(), 'metal3-artefacts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tag that a release of this state of the sources would have. */
function tagOf(project: string, file: string): string {
  const [, version = ''] = /"?version"?: "?([^"\n]+)/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
  return `${project}@${version}`;
}
async function artefactsOf(tag: string) {
  const out = join(folder, tag.replaceAll('/', '-'));
  const release = readReleaseTag(root, tag);
  const files = await writeArtefacts({ root, release, registry: 'registry.example.com/lab', digest, out });
  return { out, files, release };
}

test('of an app that is a provider they are what clusterctl installs, with the image by its digest', async () => {
  const { out, files } = await artefactsOf(tagOf('@metal3/ipam', 'apps/ipam/package.json'));
  expect(files).toEqual(['ipam-components.yaml', 'metadata.yaml']);
  const components = readFileSync(join(out, 'ipam-components.yaml'), 'utf8');
  expect(components).toContain(`image: registry.example.com/lab/metal3/ipam@${digest}`);
});

test('of an app that is none there are no files', async () => {
  expect((await artefactsOf(tagOf('@metal3/bmo', 'apps/bmo/package.json'))).files).toEqual([]);
});

test('of a chart they are a package that installs the image by its digest, whatever becomes of tags', async () => {
  const { out, files, release } = await artefactsOf(tagOf('chart-ipam', 'charts/ipam/Chart.yaml'));
  expect(files).toEqual([`ipam-${release.version}.tgz`]);
  const { helm } = await ensureBinaries({ names: ['helm'] });
  const chart = join(out, files[0] ?? '');
  const { stdout } = await run(helm, ['template', 'any', chart], { maxBuffer: 64 * 1024 * 1024 });
  const images = [...stdout.matchAll(/^ *image: (.*)$/gm)].map(([, image]) => image);
  expect(new Set(images)).toEqual(new Set([`registry.example.com/lab/metal3/ipam@${digest}`]));
  const { stdout: values } = await run(helm, ['show', 'values', chart]);
  expect(values).toContain("# Empty for the chart's appVersion");
});

test('of the chart of all components they are a package that holds its parts, whose images come from one place', async () => {
  const { out, files, release } = await artefactsOf(tagOf('chart-metal3', 'charts/metal3/Chart.yaml'));
  expect(files).toEqual([`metal3-${release.version}.tgz`]);
  const { helm } = await ensureBinaries({ names: ['helm'] });
  const values = [
    ...['ironic-api.store.secretName=x', 'ironic-conductor.store.secretName=x'],
    ...['ironic-conductor.config.boot.externalApiUrl=http://x', 'pxe-server.config.http.url=http://x'],
  ].flatMap((value) => ['--set', value]);
  const chart = join(out, files[0] ?? '');
  const { stdout } = await run(helm, ['template', 'any', chart, ...values], { maxBuffer: 64 * 1024 * 1024 });
  const images = new Set(
    [...stdout.matchAll(/^ *image: (.*)\/metal3\/([\w-]+):/gm)].map(([, at, name]) => `${at} ${name}`),
  );
  const services = ['bmo', 'ipam', 'ironic-api', 'ironic-conductor', 'pxe-server'];
  expect([...images].toSorted()).toEqual(services.map((name) => `registry.example.com/lab ${name}`));
});

test('a chart tells the changes of its version, as its changelog has them', async () => {
  const sources = join(folder, 'sources');
  cpSync(join(root, 'charts'), join(sources, 'charts'), { recursive: true, verbatimSymlinks: true });
  const release = readReleaseTag(root, tagOf('chart-ipam', 'charts/ipam/Chart.yaml'));
  const changelog = `## ${release.version} (2026-03-01)\n\n### 🩹 Fixes\n\n- the check ends in time\n`;
  writeFileSync(join(sources, 'charts/ipam/CHANGELOG.md'), changelog);
  const out = join(folder, 'changed');
  const [file = ''] = await writeArtefacts({ root: sources, release, registry: '', digest, out });
  const { helm } = await ensureBinaries({ names: ['helm'] });
  const { stdout } = await run(helm, ['show', 'chart', join(out, file)]);
  const { annotations } = parse(stdout) as { annotations: Record<string, string> };
  expect(parse(annotations['artifacthub.io/changes'] ?? '')).toEqual([
    { kind: 'fixed', description: 'the check ends in time' },
  ]);
  expect(annotations['artifacthub.io/license']).toBe('Apache-2.0');
});

test('of a client they are the package that npm publishes', async () => {
  const { out, files, release } = await artefactsOf(tagOf('@metal3/ipam-client', 'libs/clients/ipam/package.json'));
  expect(files).toEqual([`metal3-ipam-client-${release.version}.tgz`]);
  const { stdout } = await run('tar', ['-tzf', join(out, files[0] ?? '')]);
  const content = ['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'package.json'];
  expect(stdout.trim().split('\n').toSorted()).toEqual(content.map((name) => `package/${name}`));
});

test.each([
  ['chart-nothing@0.1.0', /releases nothing: write/],
  ['ipam', /releases nothing/],
  ['@metal3/ipam@99.0.0', /is not what the sources say, which is/],
])('%s is refused', (tag, why) => {
  expect(() => readReleaseTag(root, tag)).toThrow(why);
});
