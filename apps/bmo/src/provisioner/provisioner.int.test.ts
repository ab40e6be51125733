import { afterAll, beforeAll } from '@jest/globals';
import { systemClock } from '@metal3/service';
import { restClient } from './adapters/rest-client.ts';
import { restProvisioner } from './adapters/rest.ts';
import { provisionerConformance } from './testing/conformance.ts';
import { connectByGrpc } from './testing/connect.ts';
import { ironicProcesses, type IronicProcesses } from './testing/ironic-processes.ts';

let ironic: IronicProcesses;
beforeAll(async () => {
  ironic = await ironicProcesses();
  await ironic.start();
});
afterAll(() => ironic.close());

const patience = { settle: () => {}, patienceMs: 30_000 };

provisionerConformance('gRPC', async () => ({ ...patience, ...(await connectByGrpc(ironic.grpc)) }));

provisionerConformance('REST', async () => {
  const client = restClient({ endpoint: ironic.rest, timeoutMs: 10_000 });
  const provisioner = restProvisioner({ client, clock: systemClock, busyTickMs: 200, idleTickMs: 1_000 });
  return { ...patience, provisioner, close: () => client.close() };
});
