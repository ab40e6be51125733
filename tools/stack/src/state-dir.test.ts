import { afterAll, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeStateDir } from './state-dir.ts';

const parent = mkdtempSync(join(tmpdir(), 'metal3-state-dir-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test('a folder that was made for the run goes away with it', () => {
  const state = takeStateDir(join(parent, 'new'));
  writeFileSync(state.at('store'), '');
  state.release({ keepLogs: false });
  expect(existsSync(state.path)).toBe(false);
});

test('after a failure only the logs stay, and the next run starts clean', () => {
  const folder = join(parent, 'failed');
  const state = takeStateDir(folder);
  writeFileSync(state.at('logs', 'bmo.log'), 'why');
  writeFileSync(state.at('store'), '');
  state.release({ keepLogs: true });
  expect(readdirSync(folder)).toEqual(['logs']);
  const next = takeStateDir(folder);
  expect(readdirSync(next.at('logs'))).toEqual([]);
  next.release({ keepLogs: false });
  expect(existsSync(folder)).toBe(false);
});

test('a run that failed before anything wrote a log leaves nothing', () => {
  const folder = join(parent, 'early');
  expect(takeStateDir(folder).release({ keepLogs: true })).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test('an empty folder that somebody made for the run stays', () => {
  const folder = join(parent, 'given');
  mkdirSync(folder);
  takeStateDir(folder).release({ keepLogs: false });
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder held by a running stack is refused', () => {
  const folder = join(parent, 'held');
  mkdirSync(folder);
  writeFileSync(join(folder, 'stack.pid'), String(process.ppid));
  expect(() => takeStateDir(folder)).toThrow(`in use by process ${process.ppid}`);
});

test('what a killed stack left behind is swept out', () => {
  const folder = join(parent, 'killed');
  mkdirSync(folder);
  // No process has this number: the kernel's limit is 4194304.
  writeFileSync(join(folder, 'stack.pid'), '4194305');
  writeFileSync(join(folder, 'store'), '');
  const state = takeStateDir(folder);
  expect(readdirSync(folder).sort()).toEqual(['logs', 'stack.pid']);
  state.release({ keepLogs: false });
});

test('a folder with files of somebody else is refused and left alone', () => {
  const folder = join(parent, 'foreign');
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.tex'), '');
  expect(() => takeStateDir(folder)).toThrow('not of an earlier run');
  expect(readdirSync(folder)).toEqual(['thesis.tex']);
});
