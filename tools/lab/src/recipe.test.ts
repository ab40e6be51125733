import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ensureBuilt, type Recipe } from './recipe.ts';

let folder: string;
let cache: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-recipe-'));
  cache = join(folder, 'cache');
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function recipe(name: string, script: string, needs: readonly string[] = []): Recipe {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'build.sh'), `set -eu\n${script}\n`);
  chmodSync(join(home, 'build.sh'), 0o755);
  return { name, folder: home, needs, makes: ['thing'], takes: 'no time' };
}
const ensure = (wanted: Recipe) => ensureBuilt(wanted, { cache, say: (line) => said.push(line) });
const builds = () => said.filter((line) => line.includes('building it')).length;

test('what is built once is found again', async () => {
  const first = await ensure(recipe('a', 'echo step one; echo made >"$2/thing"'));
  expect(readFileSync(join(first, 'thing'), 'utf8')).toBe('made\n');
  expect(await ensure(recipe('a', 'echo step one; echo made >"$2/thing"'))).toBe(first);
  expect(builds()).toBe(1);
  expect(said).toContain('a: step one');
});

test('a changed recipe is another build, and so is a changed need', async () => {
  const one = await ensure(recipe('a', 'echo 1 >"$2/thing"'));
  const two = await ensure(recipe('a', 'echo 2 >"$2/thing"'));
  expect(two).not.toBe(one);
  const copy = 'cp "$2/thing" "$3/thing"';
  const ofOne = await ensure(recipe('b', copy, [one]));
  const ofTwo = await ensure(recipe('b', copy, [two]));
  expect([ofOne, ofTwo].map((path) => readFileSync(join(path, 'thing'), 'utf8'))).toEqual(['1\n', '2\n']);
});

test('a file that is not what was built is built again, after saying so', async () => {
  const path = await ensure(recipe('a', 'echo made >"$2/thing"'));
  writeFileSync(join(path, 'thing'), 'altered');
  expect(await ensure(recipe('a', 'echo made >"$2/thing"'))).toBe(path);
  expect(readFileSync(join(path, 'thing'), 'utf8')).toBe('made\n');
  expect(said.some((line) => line.includes('is not what was built'))).toBe(true);
});

test('a recipe that fails says during which step and what it complained of, and leaves nothing', async () => {
  const broken = recipe('a', 'echo mixing; echo half >"$2/thing"; echo "no flour" >&2; exit 3');
  await expect(ensure(broken)).rejects.toThrow(/failed with 3 while mixing:\nno flour/);
  expect(readdirSync(cache)).toEqual([]);
});
