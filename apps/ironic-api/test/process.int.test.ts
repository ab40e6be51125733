import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { freePort, serviceEntry, startChild, type Child } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';

let dir: string;
let child: Child;
let operators: string;
let agents: string;
let health: string;

// The process alone: a SQLite file, no Redis, no conductor, basic authentication, agents on a listener of their own.
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'metal3-ironic-api-'));
  writeFileSync(join(dir, 'htpasswd'), `admin:${hashSync('secret', 4)}\n`);
  const agentPort = await freePort();
  const file = (name: string) => join(dir, name);
  child = startChild({
    name: 'ironic-api',
    command: process.execPath,
    args: [
      ...['--disable-warning=ExperimentalWarning', serviceEntry('ironic-api')],
      ...['--listen', '127.0.0.1:0', '--port-file', file('rest'), '--health-port-file', file('health')],
      ...['--store', `sqlite:${file('db')}`, '--store-key-file', file('key')],
      ...['--auth', 'http_basic', '--htpasswd-file', file('htpasswd')],
      ...['--agent-listen', `127.0.0.1:${agentPort}`],
    ],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    logFile: file('log'),
  });
  await eventually(
    () => {
      if (!child.running()) throw new Error(child.logTail());
      return existsSync(file('rest'));
    },
    { timeoutMs: 60_000 },
  );
  operators = `http://${readFileSync(file('rest'), 'utf8')}`;
  health = `http://${readFileSync(file('health'), 'utf8')}`;
  agents = `http://127.0.0.1:${agentPort}`;
});
afterAll(async () => {
  await child?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const credentials = { authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}` };

test('is ready without Redis and without conductors', async () => {
  const ready = await eventually(async () => {
    const reply = await fetch(`${health}/readyz`);
    return reply.status === 200 ? reply : undefined;
  });
  expect(ready.status).toBe(200);
});

test('tells its versions to everybody and its nodes to its users', async () => {
  expect((await fetch(`${operators}/v1/`)).status).toBe(200);
  expect((await fetch(`${operators}/v1/nodes`)).status).toBe(401);
  const reply = await fetch(`${operators}/v1/nodes`, { headers: credentials });
  expect(await reply.json()).toEqual({ nodes: [] });
});

test('says that no conductor is there to take a node', async () => {
  const reply = await fetch(`${operators}/v1/nodes`, {
    method: 'POST',
    headers: { ...credentials, 'content-type': 'application/json' },
    body: JSON.stringify({ driver: 'redfish' }),
  });
  expect(reply.status).toBe(503);
  expect(await reply.text()).toContain('no conductor is alive');
});

test('serves agents on their own listener, and nothing else there', async () => {
  expect((await fetch(`${agents}/`)).status).toBe(200);
  const lookup = { headers: { 'X-OpenStack-Ironic-API-Version': '1.68' } };
  expect((await fetch(`${agents}/v1/lookup?addresses=52:54:00:00:00:01`, lookup)).status).toBe(404);
  expect((await fetch(`${agents}/v1/nodes`, { headers: credentials })).status).toBe(404);
  expect(
    (
      await fetch(`${operators}/v1/lookup?addresses=52:54:00:00:00:01`, {
        headers: { ...lookup.headers, ...credentials },
      })
    ).status,
  ).toBe(404);
});

test('counts what it answered, and keeps secrets out of its log', async () => {
  const metrics = await (await fetch(`${health}/metrics`)).text();
  expect(metrics).toMatch(/ironic_api_requests_total\{[^}]*route="\/v1\/nodes"[^}]*status="401"[^}]*\} 1/);
  expect(child.logTail(1000)).not.toContain('secret');
});

test('ends in order when it is told to', async () => {
  child.signal('SIGTERM');
  expect(await child.exited).toEqual({ code: 0, signal: null });
});
