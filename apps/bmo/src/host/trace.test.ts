import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BareMetalHost } from '@metal3/metal3-api';
import { eventually, startTraceCollector, testService, type TraceCollector } from '@metal3/testing';
import { propagation } from '@opentelemetry/api';
import { restClient } from '../provisioner/adapters/rest-client.ts';
import { emptyStatus } from './status.ts';
import { inTraceOf, traceIdOf } from './trace.ts';

let collector: TraceCollector;
beforeAll(async () => {
  collector = await startTraceCollector();
});
afterAll(() => collector.close());

const host = (uid: string, deprovisionedAt?: string): BareMetalHost => ({
  apiVersion: 'metal3.io/v1alpha1',
  kind: 'BareMetalHost',
  metadata: { name: 'h', namespace: 'n', uid },
  spec: {} as BareMetalHost['spec'],
  status: {
    ...emptyStatus(),
    ...(deprovisionedAt === undefined ? {} : { operationHistory: { deprovision: { start: deprovisionedAt } } }),
  },
});

test('a host has one trace from being applied to the running system, and another for the next system', () => {
  const { status: _nobodyHasLooked, ...applied } = host('a');
  expect(traceIdOf(host('a'))).toBe(traceIdOf(applied));
  expect(traceIdOf(host('a'))).toMatch(/^[0-9a-f]{32}$/);
  expect(traceIdOf(host('b'))).not.toBe(traceIdOf(host('a')));
  expect(traceIdOf(host('a', '2026-01-01T00:00:00Z'))).not.toBe(traceIdOf(host('a')));
});

test('what every pass over a host asks of any Ironic is in the trace of the host', async () => {
  const parents: unknown[] = [];
  const ironic = createServer((request, response) => {
    parents.push(request.headers['traceparent']);
    const drivers = { default_version: { version: '1.110' }, drivers: [{ name: 'redfish' }] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(drivers));
  });
  await new Promise<void>((resolve) => ironic.listen(0, '127.0.0.1', resolve));
  const service = testService('bmo', { env: process.env });
  const running = service.run();
  const client = restClient({
    endpoint: `http://127.0.0.1:${(ironic.address() as AddressInfo).port}`,
    timeoutMs: 5_000,
  });
  try {
    await eventually(() => propagation.fields().includes('traceparent'));
    for (let pass = 0; pass < 2; pass += 1) await inTraceOf(host('a'), () => client.call('GET', 'nodes'));
    const traces = parents.map((parent) => String(parent).split('-')[1]);
    expect(traces.length).toBeGreaterThanOrEqual(3);
    expect(new Set(traces)).toEqual(new Set([traceIdOf(host('a'))]));
  } finally {
    await client.close();
    ironic.close();
    await service.stop();
    await running;
  }
});
