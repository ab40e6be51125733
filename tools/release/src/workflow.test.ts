import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const text = readFileSync(join(root, '.github/workflows/release.yaml'), 'utf8');

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
const { on, jobs } = parse(text) as {
  readonly on: { readonly push: { readonly tags: readonly string[] } };
  readonly jobs: { readonly release: { readonly steps: readonly Step[] } };
};
const { steps } = jobs.release;

test('the release workflow runs for every tag that nx release makes', () => {
  const { release } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
    readonly release: { readonly releaseTag: { readonly pattern: string } };
  };
  expect(release.releaseTag.pattern).toBe('{projectName}@{version}');
  const matches = (tag: string) =>
    on.push.tags.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '[^/]*')}$`).test(tag));
  const tags = ['@metal3/ipam@1.2.3', 'chart-ironic-api@1.2.3', '@metal3/ipam-client@1.2.3-rc.1', 'v1.2.3'];
  expect(tags.map(matches)).toEqual([true, true, true, false]);
});

test('it calls only scripts that there are', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const called = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
  expect(called.length).toBeGreaterThan(1);
  expect(called.filter((script) => scripts[script] === undefined)).toEqual([]);
});

test('it reads outputs only of steps that come before', () => {
  for (const [at, step] of steps.entries()) {
    const known = new Set(steps.slice(0, at).map(({ id }) => id));
    const read = [...JSON.stringify(step).matchAll(/steps\.(\w+)\.outputs/g)].map(([, id]) => id);
    expect(read.filter((id) => !known.has(id))).toEqual([]);
  }
});

test('it gives the image everything that the Dockerfile asks for, and builds stages that there are', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const image = steps.find(({ id }) => id === 'image')?.with ?? {};
  const given = [...(image['build-args'] ?? '').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  const asked = [...dockerfile.matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
  expect(given).toEqual(expect.arrayContaining(asked));
  for (const [, stage] of (image['target'] ?? '').matchAll(/'(service|with-tools)'/g)) {
    expect(dockerfile).toMatch(new RegExp(` AS ${stage}$`, 'm'));
  }
});
