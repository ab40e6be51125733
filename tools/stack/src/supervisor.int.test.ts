import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';
import type { Program } from './programs.ts';
import { createSupervisor } from './supervisor.ts';

const logDir = mkdtempSync(join(tmpdir(), 'metal3-supervisor-'));
afterAll(() => rmSync(logDir, { recursive: true, force: true }));

async function program(name: string, code: (port: number) => string): Promise<Program> {
  const port = await freePort();
  return {
    name,
    command: process.execPath,
    args: ['--eval', code(port)],
    env: { PATH: process.env.PATH },
    cwd: logDir,
    readyUrl: `http://127.0.0.1:${port}/readyz`,
  };
}

const serve = (port: number) => `require('http').createServer((_, r) => r.end('ok')).listen(${port}, '127.0.0.1')`;

test('a program that is killed comes back, and the user is told', async () => {
  const said: string[] = [];
  const supervisor = createSupervisor({ logDir, say: (line) => said.push(line) });
  const steady = await program('steady', serve);
  await supervisor.start(steady);
  const first = supervisor.child('steady')?.pid;
  supervisor.child('steady')?.signal('SIGKILL');
  await eventually(async () => {
    expect(supervisor.child('steady')?.pid).not.toBe(first);
    expect((await fetch(steady.readyUrl)).ok).toBe(true);
    return true;
  });
  expect(supervisor.restarts()).toBe(1);
  expect(said).toEqual([expect.stringContaining('steady ended (SIGKILL), starting it again')]);
  await supervisor.stop();
  await expect(fetch(steady.readyUrl)).rejects.toThrow();
});

test('a program that refuses its configuration is not tried again, and its complaint is shown', async () => {
  const supervisor = createSupervisor({ logDir, say: () => undefined });
  const confused = await program('confused', () => `console.error('listen: is not a port'); process.exit(78)`);
  await expect(supervisor.start(confused)).rejects.toThrow('listen: is not a port');
  expect(supervisor.restarts()).toBe(0);
  await supervisor.stop();
});

test('a program that never gets ready is tried three times, then its last words are shown', async () => {
  const supervisor = createSupervisor({ logDir, say: () => undefined });
  const hindered = await program(
    'hindered',
    () =>
      `console.error('{"level":60,"name":"x","msg":"cannot start","err":{"message":"the port is in use"}}'); process.exit(1)`,
  );
  await expect(supervisor.start(hindered)).rejects.toThrow('x cannot start: the port is in use');
  expect(supervisor.restarts()).toBe(2);
  await supervisor.stop();
});

test('stopping while a program starts ends it, and it is not started again', async () => {
  const said: string[] = [];
  const supervisor = createSupervisor({ logDir, say: (line) => said.push(line) });
  const slow = await program('slow', () => `setInterval(() => {}, 1000)`);
  const started = supervisor.start(slow);
  const outcome = expect(started).rejects.toThrow('slow was stopped while it started');
  await supervisor.stop();
  await outcome;
  expect(supervisor.child('slow')?.running()).toBe(false);
  await expect(supervisor.start(slow)).rejects.toThrow('everything is being stopped');
  expect([said, supervisor.restarts()]).toEqual([[], 0]);
});
