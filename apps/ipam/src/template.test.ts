// This component is the example of docs/how-to-add-a-controller.md, which has to stay true to it.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const guide = read('docs/how-to-add-a-controller.md');
const named = [
  ...new Set([...guide.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text.replace('<component>', 'ipam'))),
];
const commands = named.filter((text) => text.startsWith('npm '));
const isPath = (text: string): boolean => !/[ @(]/.test(text) && (text.includes('/') || /\.(ts|json)$/.test(text));
const paths = named.filter((text) => !text.startsWith('npm ') && isPath(text));
const words = named.filter((text) => !text.startsWith('npm ') && !isPath(text));

test('the guide names commands, paths and words', () => {
  expect([commands.length, paths.length, words.length].every((count) => count >= 3)).toBe(true);
});

test.each(commands)('%s is a command of the repository', (command) => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  expect(Object.keys(scripts)).toContain(command.replace(/^npm (run )?/, ''));
});

/** From the root, or from what the guide is talking about. */
const places = ['', 'apps/ipam', 'apps/ipam/src', 'apps/ipam/src/claim'];

test.each(paths)('%s is there', (path) => {
  const found = places.flatMap((place) =>
    path.includes('*') ? globSync(path, { cwd: join(root, place) }) : existsSync(join(root, place, path)) ? [path] : [],
  );
  expect(found).not.toEqual([]);
});

const sources = ['apps/ipam/**/*.{ts,json}', 'libs/kube/*/src/**/*.ts', 'libs/local-servers/src/*.ts']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .map(read)
  .join('\n');

test.each(words)('%s is in the code', (text) => {
  const parts = text.match(/[\w@/:-]{3,}/g) ?? [];
  expect(parts).not.toEqual([]);
  for (const part of parts) expect(sources.includes(part)).toBe(true);
});
