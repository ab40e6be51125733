import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { grpcServer } from '@metal3/grpc';
import { nodeClient, writeJson } from '@metal3/ironic-client';
import { eventually, startTraceCollector, testService, type TraceCollector } from '@metal3/testing';
import { propagation } from '@opentelemetry/api';
import { assembleApi } from '../src/api.ts';
import { openStage, type Stage } from './replay/stage.ts';

let collector: TraceCollector;
let stage: Stage;
beforeAll(async () => {
  collector = await startTraceCollector();
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
  collector.close();
});

test('accepted work keeps the trace of the request that asked for it, for whichever conductor does it', async () => {
  const service = testService('ironic-api', { env: process.env });
  const server = grpcServer(
    { listen: '127.0.0.1:0', portFile: '', tlsCertFile: '', tlsKeyFile: '', tlsClientCaFile: '', readers: [], operators: [], services: [], reflection: false },
    assembleApi(stage.dependencies).grpcServices,
  ); // prettier-ignore
  const running = service.run(server);
  await eventually(() => (propagation.fields().includes('traceparent') ? server.address : undefined));
  const nodes = nodeClient(server.address);
  try {
    const { node } = await nodes.createNode({ nodeJson: writeJson({ driver: 'fake-hardware', name: 'traced' }) });
    const ident = node?.uuid ?? '';
    const traceId = await service.tracer.startActiveSpan('apply', async (span) => {
      await nodes.setProvisionState({ ident, target: 'manage' });
      span.end();
      return span.spanContext().traceId;
    });
    const work = await stage.store.work.find(ident);
    expect(work).toMatchObject({ kind: 'verify', context: { origin: { traceparent: expect.any(String) } } });
    expect(JSON.stringify(work?.context)).toContain(`00-${traceId}-`);
  } finally {
    nodes.close();
    await service.stop();
    await running;
  }
});
