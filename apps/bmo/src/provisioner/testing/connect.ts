import { nodeClient } from '@metal3/ironic-client';
import { systemRandom } from '@metal3/service';
import { testService } from '@metal3/testing';
import { grpcProvisioner } from '../adapters/grpc.ts';
import type { Provisioner } from '../ports.ts';

/** The gRPC adapter, with its copy of the nodes kept current as in the service. */
export async function connectByGrpc(
  address: string,
): Promise<{ readonly provisioner: Provisioner; close(): Promise<void> }> {
  const client = nodeClient(address);
  const { provisioner, part } = grpcProvisioner(client, () => systemRandom.uuid());
  const service = testService('bmo-test');
  const stopped = new AbortController();
  await part.start(stopped.signal, service);
  return {
    provisioner,
    async close() {
      stopped.abort();
      await part.stop();
      client.close();
      await service.stop();
    },
  };
}
