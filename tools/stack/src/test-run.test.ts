import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { testRun } from './test-run.ts';

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-test-run-'));
  printed = '';
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const writeReport = `require('fs').writeFileSync(process.env.REPORT, JSON.stringify({ passed: 3 }));`;
/** A process that outlives its parent, holding the output of the run. */
const forget = (detached: boolean) => `
  const forgotten = require('child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: ${detached} });
  process.stderr.write('forgotten ' + forgotten.pid + '\\n');`;

const run = (script: string, { limitMs = 30_000, signal = new AbortController().signal } = {}) =>
  testRun<{ passed: number }>({
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: { ...process.env, REPORT: join(folder, 'report.json') },
    report: join(folder, 'report.json'),
    limitMs,
    graceMs: 300,
    print: (text) => (printed += text),
    signal,
  });

/** Dead, or dead and only not yet buried by the machine's first process. */
const gone = (pid: number) => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};
const forgottenPid = () => Number(/forgotten (\d+)/.exec(printed)?.[1]);

test('a run that ends by itself is what its report says', async () => {
  const end = await run(`${writeReport} console.error('three tests')`);
  expect(end).toEqual({ report: { passed: 3 }, problem: undefined });
  expect(printed).toBe('three tests\n');
});

test('a run that fails says with which exit code, and keeps its report', async () => {
  expect(await run(`${writeReport} process.exit(1)`)).toEqual({ report: { passed: 3 }, problem: 'ended with 1' });
});

test('a run without a report has none', async () => {
  expect(await run('process.exit(7)')).toEqual({ report: undefined, problem: 'ended with 7' });
});

test('a run that ends well, but reports nothing, has failed', async () => {
  expect(await run('process.exit(0)')).toEqual({ report: undefined, problem: 'ended without a report' });
});

test('a run whose tests are done, but which goes on, is ended and has failed', async () => {
  const end = await run(`${writeReport} setInterval(() => {}, 1000)`);
  expect(end.report).toEqual({ passed: 3 });
  expect(end.problem).toMatch(/something they started kept it going/);
});

test('a run that hangs is ended when its time is up', async () => {
  const end = await run('setInterval(() => {}, 1000)', { limitMs: 700 });
  expect(end).toEqual({ report: undefined, problem: 'did not end within 0.7 s' });
});

test('a process that a test forgot ends with the run', async () => {
  const end = await run(`${forget(false)} ${writeReport} process.exit(0)`);
  expect(end.problem).toBeUndefined();
  expect(forgottenPid()).toBeGreaterThan(1);
  await eventually(() => gone(forgottenPid()));
});

test('a forgotten process that holds the output in a group of its own does not keep the run open', async () => {
  const end = await run(`${forget(true)} ${writeReport} process.exit(0)`);
  expect(end).toEqual({ report: { passed: 3 }, problem: undefined });
  process.kill(forgottenPid(), 'SIGKILL');
});

test('a run that is interrupted and does not listen is ended', async () => {
  const interrupted = new AbortController();
  const end = run(`process.on('SIGTERM', () => {}); console.error('up'); setInterval(() => {}, 1000)`, {
    signal: interrupted.signal,
  });
  while (!printed.includes('up')) await new Promise((wait) => setTimeout(wait, 10));
  interrupted.abort();
  expect((await end).problem).toBe('was interrupted, and did not end by itself');
});

test('a run that is interrupted is told to end', async () => {
  const interrupted = new AbortController();
  const end = run(`process.on('SIGTERM', () => process.exit(5)); console.error('up'); setInterval(() => {}, 1000)`, {
    signal: interrupted.signal,
  });
  while (!printed.includes('up')) await new Promise((wait) => setTimeout(wait, 10));
  interrupted.abort();
  expect((await end).problem).toBe('ended with 5');
});
