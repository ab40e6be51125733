import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, testService } from '@metal3/testing';
import { context, propagation, trace } from '@opentelemetry/api';
import { grpcClient } from './client.ts';
import { GreetingService } from './gen/metal3/testing/v1/greeting_pb.ts';
import { grpcServer } from './server.ts';
import { implement } from './types.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** A collector that speaks OTLP over HTTP with JSON. */
const spans: Span[] = [];
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    const report = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    for (const { scopeSpans } of report.resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

beforeAll(() => new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  collector.close();
  collector.closeAllConnections();
  for (const key of Object.keys(process.env)) if (key.startsWith('OTEL_')) delete process.env[key];
  trace.disable();
  context.disable();
  propagation.disable();
});

test('with a collector configured, client and server report one trace', async () => {
  // The exporter reads the process's own environment.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
  const service = testService('greeter', { env: process.env });
  const server = grpcServer(
    { listen: '127.0.0.1:0', portFile: '', tlsCertFile: '', tlsKeyFile: '', tlsClientCaFile: '', readers: [], operators: [], services: [], reflection: false },
    [implement(GreetingService, { greet: () => ({}), shout: () => ({}), count: async function* () {} })],
  ); // prettier-ignore
  const running = service.run(server);
  const address = await eventually(() => server.address);
  const client = grpcClient(GreetingService, address);
  await service.tracer.startActiveSpan('apply', async (span) => {
    await client.greet({});
    span.end();
  });
  await eventually(() => (spans.length >= 3 ? true : undefined));
  client.close();
  await service.stop();
  await running;
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const root = spans.find(({ name }) => name === 'apply');
  const calls = spans.filter(({ name }) => name === 'metal3.testing.v1.GreetingService/Greet');
  expect(calls).toHaveLength(2);
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toContain(root?.spanId);
});
