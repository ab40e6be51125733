import { afterAll, beforeAll } from '@jest/globals';
import { startFleet, type Fleet } from '@metal3/fleet';
import { systemClock } from '@metal3/service';
import { restClient } from './adapters/rest-client.ts';
import { restProvisioner } from './adapters/rest.ts';
import { bmcConformance, type BmcUnderTest } from './testing/bmc-conformance.ts';
import { provisionerConformance } from './testing/conformance.ts';
import { connectByGrpc } from './testing/connect.ts';
import { ironicProcesses, type IronicProcesses } from './testing/ironic-processes.ts';

let ironic: IronicProcesses;
let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ hosts: 2, timeScale: 0 });
  ironic = await ironicProcesses();
  await ironic.start();
});
afterAll(async () => {
  await ironic.close();
  await fleet.close();
});

const patience = { settle: () => {}, patienceMs: 30_000 };

const byRest = async () => {
  const client = restClient({ endpoint: ironic.rest, timeoutMs: 10_000 });
  const provisioner = restProvisioner({ client, clock: systemClock, busyTickMs: 200, idleTickMs: 1_000 });
  return { provisioner, close: () => client.close() };
};

provisionerConformance('gRPC', async () => ({ ...patience, ...(await connectByGrpc(ironic.grpc)) }));

provisionerConformance('REST', async () => ({ ...patience, ...(await byRest()) }));

bmcConformance('gRPC', () => atMachine(0, () => connectByGrpc(ironic.grpc)));

bmcConformance('REST', () => atMachine(1, byRest));

/** A machine of the simulated data centre, behind the adapter under test. */
async function atMachine(
  index: number,
  connect: () => Promise<Pick<BmcUnderTest, 'provisioner' | 'close'>>,
): Promise<BmcUnderTest> {
  const { identity, media } = fleet.machine(`node-${index}`);
  const { username, password } = identity.account;
  return {
    ...(await connect()),
    driverInfo: {
      redfish_address: fleet.urls.bmc,
      redfish_system_id: `/redfish/v1/Systems/${identity.uuid}`,
      redfish_username: username,
      redfish_password: password,
    },
    image: `${fleet.urls.files}/images/tiny.raw`,
    drive: () => media['Cd']?.url,
    async subscribers() {
      const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
      const read = async (path: string) =>
        (await (await fetch(`${fleet.urls.bmc}${path}`, { headers })).json()) as Record<string, unknown>;
      const { Members } = await read('/redfish/v1/EventService/Subscriptions');
      const paths = (Members as readonly { readonly '@odata.id': string }[]).map((member) => member['@odata.id']);
      return Promise.all(paths.map(async (path) => String((await read(path))['Destination'])));
    },
  };
}
