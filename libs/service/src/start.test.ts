import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generalErrors } from './errors.ts';
import type { Part } from './service.ts';
import { startService } from './start.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'service-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A service in a test's hands: its exit code, its log lines, and how to tell it to stop. */
function service(shutdownTimeout = 5_000) {
  const lines: Record<string, unknown>[] = [];
  const exits: number[] = [];
  let stop = (_why: string) => {};
  let fault = (_error: unknown) => {};
  const settings = {
    logLevel: 'debug',
    healthListen: '127.0.0.1:0',
    healthPortFile: join(folder, 'health'),
    shutdownTimeout,
  } as const;
  const started = startService(
    'test',
    { service: settings },
    {
      env: {},
      logTo: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
      host: {
        onStop(given) {
          stop = given;
          return () => {};
        },
        onFault(given) {
          fault = given;
          return () => {};
        },
        exit: (code) => void exits.push(code),
      },
    },
  );
  const health = async (path: string) => {
    const response = await fetch(`http://${await readFile(join(folder, 'health'), 'utf8')}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    service: started,
    lines,
    exits,
    health,
    stop: (why = 'SIGTERM') => stop(why),
    fault: (error: unknown) => fault(error),
  };
}

const order: string[] = [];
beforeEach(() => void order.splice(0));
const part = (name: string, more: Partial<Part> = {}): Part => ({
  name,
  async start() {
    order.push(`${name} starts`);
  },
  drain() {
    order.push(`${name} drains`);
  },
  async stop() {
    order.push(`${name} stops`);
  },
  ...more,
});
const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let tries = 0; tries < 6_000; tries++) {
    if (await Promise.resolve(condition()).catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen');
};

test('parts start in order, drain together, and stop in reverse', async () => {
  const { service: subject, stop, exits } = service();
  const running = subject.run(part('one'), part('two'));
  await until(() => order.length === 2);
  stop();
  await running;
  expect(order).toEqual(['one starts', 'two starts', 'one drains', 'two drains', 'two stops', 'one stops']);
  expect(exits).toEqual([0]);
  expect(subject.signal.aborted).toBe(true);
});

test('readiness names every reason, and health answers throughout', async () => {
  let reason: string | undefined = 'waiting for the first snapshot';
  let finishStart = () => {};
  const slow = part('slow', { start: () => new Promise((resolve) => (finishStart = resolve)) });
  const { service: subject, stop, health } = service();
  const running = subject.run(part('watch', { ready: () => reason }), slow);
  await until(async () => (await health('/healthz')).status === 200);
  expect(await health('/readyz')).toEqual({
    status: 503,
    text: 'service: starting\nwatch: waiting for the first snapshot\n',
  });
  finishStart();
  await until(async () => (await health('/readyz')).text === 'watch: waiting for the first snapshot\n');
  reason = undefined;
  expect(await health('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  expect((await health('/metrics')).text).toContain('metal3_build_info{version="0.1.0",service="test"} 1');
  expect((await health('/other')).status).toBe(404);
  stop();
  await running;
});

test('a part that cannot start ends the service with code 1 after the others have stopped', async () => {
  const { service: subject, exits, lines } = service();
  await subject.run(part('one'), part('two', { start: () => Promise.reject(new Error('port taken')) }), part('three'));
  expect(order).toEqual(['one starts', 'one drains', 'two drains', 'two stops', 'one stops']);
  expect(exits).toEqual([1]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 60, error: expect.objectContaining({ message: 'port taken' }) }),
  );
});

test('a part that does not start in time ends the service', async () => {
  const { service: subject, exits } = service();
  await subject.run(part('stuck', { start: () => new Promise(() => {}), startDeadline: 20 }));
  expect(exits).toEqual([1]);
});

test('a service told to stop while a part starts does not wait for it', async () => {
  const { service: subject, exits, stop } = service();
  const running = subject.run(part('stuck', { start: () => new Promise(() => {}) }), part('never'));
  await until(() => exits.length > 0 || order.length >= 0);
  stop();
  await running;
  expect(exits).toEqual([0]);
  expect(order).not.toContain('never starts');
});

test('a part that does not stop in time is left behind', async () => {
  const { service: subject, exits, stop, lines } = service(30);
  const running = subject.run(part('stuck', { stop: () => new Promise(() => {}) }));
  await until(() => order.length === 1);
  stop();
  await running;
  expect(exits).toEqual([0]);
  expect(lines.map(({ msg }) => msg)).toContain('parts did not stop in time; leaving all the same');
});

test('a part that fails to stop does not keep the others from stopping', async () => {
  const { service: subject, stop } = service();
  const running = subject.run(part('one'), part('two', { stop: () => Promise.reject(new Error('no')) }));
  await until(() => order.length === 2);
  stop();
  await running;
  expect(order).toContain('one stops');
});

test('fail ends a running service with code 1', async () => {
  const { service: subject, exits } = service();
  const running = subject.run(part('one'));
  await until(() => order.length === 1);
  subject.fail(new Error('the Lease is lost'));
  await running;
  expect(exits).toEqual([1]);
});

test('an error that nobody caught is logged and ends the service in order, with code 1', async () => {
  const { service: subject, exits, fault, lines } = service();
  const running = subject.run(part('one'));
  await until(() => order.length === 1);
  fault(new TypeError('x is undefined'));
  await running;
  expect(order).toContain('one stops');
  expect(exits).toEqual([1]);
  expect(lines).toContainEqual(expect.objectContaining({ level: 60, msg: 'cannot go on' }));
});

test('what goes wrong before there is anything to run is told in the log, too, and ends the process with code 1', () => {
  const { exits, fault, lines } = service();
  fault(Object.assign(new Error('kubeconfig nowhere: cannot be read'), { code: 'KUBE-ACCESS' }));
  expect(exits).toEqual([1]);
  const { error } = lines.find(({ msg }) => msg === 'cannot go on') as { readonly error: { readonly message: string } };
  expect(error.message).toContain('kubeconfig nowhere: cannot be read');
});

test('log lines carry no secrets and show coded errors with their remedy', () => {
  const { service: subject, lines } = service();
  subject.log.info(
    { password: 'p', driver_info: { redfish_password: 'p', redfish_address: 'a' }, headers: { authorization: 'b' } },
    'x',
  );
  expect(lines[0]).toMatchObject({
    password: '***',
    driver_info: { redfish_password: '***', redfish_address: 'a' },
    headers: { authorization: '***' },
  });
  const cause = new Error('GET https://me:hunter2@images/disk.raw answered 403');
  subject.log.warn({ error: generalErrors.invalid('ftp://me:hunter2@images', { cause }), why: cause.message }, 'x');
  subject.log.error({ err: cause }, 'x');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(lines[1]).toMatchObject({ error: { message: 'ftp://***@images', remedy: expect.any(String) } });
});
