import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import type { Json } from './bench.ts';

const main = new URL('../src/main.ts', import.meta.url).pathname;
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

function fleet(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  children.add(child);
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    child,
    exit,
    errors: () => errors,
    line: once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
  };
}

test('the process says in one line of JSON that a thousand machines are ready, in less than 300 MiB, and ends on SIGTERM', async () => {
  const { child, exit, line } = fleet('--hosts', '1000');
  const ready = JSON.parse(await line) as Json;
  expect(ready).toMatchObject({ ready: true, hosts: 1000, seed: 1, pid: child.pid });
  expect(((await fetch(`${ready.urls.control}/machines`).then((reply) => reply.json())) as Json).machines).toHaveLength(
    1000,
  );
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  expect(kilobytes / 1024).toBeLessThan(300);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  await expect(fetch(ready.urls.control)).rejects.toThrow();
});

test('a fault file arms faults from the start; one that makes no sense ends the process with a reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  try {
    const file = join(folder, 'faults.json');
    writeFileSync(file, '{"faults":[{"id":"x","kind":"bmc.slow","delay":1}]}');
    const good = fleet('--hosts', '1', '--faults', file);
    const { urls } = JSON.parse(await good.line) as Json;
    expect(await fetch(`${urls.control}/faults`).then((reply) => reply.json())).toMatchObject({
      faults: [{ id: 'x', active: true }],
    });
    writeFileSync(file, '{"faults":[{"kind":"no.such"}]}');
    const bad = fleet('--faults', file);
    expect(await bad.exit).toBe(2);
    expect(bad.errors()).toMatch(/fleet: fault 0: kind must be one of/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a port that is taken ends the process with the reason', async () => {
  const first = fleet('--hosts', '0');
  const { urls } = JSON.parse(await first.line) as Json;
  const second = fleet('--hosts', '0', '--listen', new URL(urls.bmc).host);
  expect(await second.exit).toBe(1);
  expect(second.errors()).toMatch(/EADDRINUSE/);
});

test('manifests can be printed without a running fleet and are those of the running one', async () => {
  const { line } = fleet('--hosts', '2');
  const { urls } = JSON.parse(await line) as Json;
  const live = await (await fetch(`${urls.control}/manifests?namespace=lab`)).text();
  const printed = spawn(process.execPath, [
    main,
    '--hosts',
    '2',
    '--listen',
    new URL(urls.bmc).host,
    '--print-manifests',
    '--namespace',
    'lab',
  ]);
  children.add(printed);
  let text = '';
  printed.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(printed, 'close');
  expect(text).toBe(live);
});
