import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, startTraceCollector, testService, type TraceCollector } from '@metal3/testing';
import { grpcClient } from './client.ts';
import { GreetingService } from './gen/metal3/testing/v1/greeting_pb.ts';
import { grpcServer } from './server.ts';
import { implement } from './types.ts';

let collector: TraceCollector;
beforeAll(async () => {
  collector = await startTraceCollector();
});
afterAll(() => collector.close());

test('with a collector configured, client and server report one trace', async () => {
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
  const { spans } = collector;
  await eventually(() => spans.length >= 3);
  client.close();
  await service.stop();
  await running;
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const root = spans.find(({ name }) => name === 'apply');
  const calls = spans.filter(({ name }) => name === 'metal3.testing.v1.GreetingService/Greet');
  expect(calls).toHaveLength(2);
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toContain(root?.spanId);
});
