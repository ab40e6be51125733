import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Failure } from '../src/http/send-error.ts';
import { Fault } from '../src/faults.ts';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
let port: number;
const failures: Failure[] = [];

beforeAll(async () => {
  stage = await openStage({
    onFailure: (failure) => failures.push(failure),
    bmc: {
      bootDevice: () => Promise.reject(new Fault('bmc-failed', 'Redfish connection failed for node x: HTTP 503')),
      setBootDevice: () => Promise.resolve(),
      supportedBootDevices: () => Promise.reject(new TypeError('a mistake of ours')),
      injectNmi: () => Promise.resolve(),
      indicators: () => Promise.resolve([]),
      indicator: () => Promise.resolve('off'),
      setIndicator: () => Promise.resolve(),
      virtualMedia: () => Promise.resolve('[]'),
      callVendorMethod: () => Promise.resolve(undefined),
    },
  });
  api = call(stage.rest);
  await api.post('/v1/nodes', { driver: 'fake-hardware', name: 'known' });
  await stage.rest.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = stage.rest.server.address() as { port: number });
});
afterAll(() => stage.close());

test('a BMC that fails is answered as Ironic does, and told with the node', async () => {
  failures.length = 0;
  const reply = await api.get('/v1/nodes/known/management/boot_device');
  expect(reply).toMatchObject({ status: 500, fault: 'Redfish connection failed for node x: HTTP 503' });
  expect(failures).toMatchObject([{ fault: { kind: 'bmc-failed' }, node: 'known', method: 'GET' }]);
});

test('a mistake of ours is told as one and not shown', async () => {
  failures.length = 0;
  const reply = await api.get('/v1/nodes/known/management/boot_device/supported');
  expect(reply).toMatchObject({ status: 500, fault: 'Internal Server Error' });
  expect(failures).toMatchObject([{ fault: { kind: 'internal' }, node: 'known' }]);
});

/** Sends a request as clients do that look for an answer only once everything is sent. */
function sendWhole(head: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(head);
      socket.write(body);
    });
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('utf8')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

const head = (framing: string) =>
  `POST /v1/nodes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;

test.each([
  ['of known length', (body: Buffer) => [head(`Content-Length: ${body.length}`), body] as const],
  [
    'in chunks',
    (body: Buffer) =>
      [
        head('Transfer-Encoding: chunked'),
        Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
      ] as const,
  ],
])('a client that sends 20 MiB %s reads why they were not taken', async (_how, framed) => {
  const answer = await sendWhole(...framed(Buffer.alloc(20 * 1024 * 1024, 'x')));
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('"faultstring": "Request body exceeds the size limit"');
});

test('values that a message repeats are shortened', async () => {
  const long = 'x'.repeat(100_000);
  const reply = await api.post('/v1/nodes', { driver: 'fake-hardware', owner: long });
  expect(reply).toMatchObject({ status: 400, fault: expect.stringContaining('more characters') });
  expect(JSON.stringify(reply.body).length).toBeLessThan(2_000);
  const other = await api.get(`/v1/nodes?provision_state=${'y'.repeat(5_000)}`);
  expect(other.status).toBe(400);
  expect(JSON.stringify(other.body).length).toBeLessThan(2_000);
});

test.each([
  ['a number', 5],
  ['a list', ['x']],
  ['an endless text', 'x'.repeat(70_000)],
])('%s is no reason for maintenance', async (_what, reason) => {
  expect(await api.put('/v1/nodes/known/maintenance', { reason })).toMatchObject({ status: 400 });
});
