import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, startTraceCollector, testService, type TraceCollector } from '@metal3/testing';
import { propagation } from '@opentelemetry/api';
import { effectTracer } from './trace.ts';

let collector: TraceCollector;
beforeAll(async () => {
  collector = await startTraceCollector();
});
afterAll(() => collector.close());

test('whatever a conductor does is in the trace of the request that asked for it, without the secrets of its failures', async () => {
  const service = testService('ironic-conductor', { env: process.env });
  const running = service.run();
  const traced = effectTracer(service.tracer);
  const origin = { requestId: 'req-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  await eventually(() => propagation.fields().includes('traceparent'));
  await traced(origin, 'deploy.set-power-on', () => Promise.resolve());
  const failing = () => Promise.reject(new Error('GET https://me:hunter2@images/disk.raw answered 403'));
  await traced(origin, 'deploy.give-step-write_image', failing).catch(() => undefined);
  await eventually(() => collector.spans.length >= 2);
  await service.stop();
  await running;
  const about = { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' };
  expect(collector.spans).toMatchObject([
    { name: 'deploy.set-power-on', ...about },
    { name: 'deploy.give-step-write_image', ...about },
  ]);
  expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
});
