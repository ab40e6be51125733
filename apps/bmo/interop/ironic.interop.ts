// Runs against the Ironic of another project, started by run.mjs: what passes here does not depend on our own idea of Ironic.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@metal3/service';
import { runHosts, type RunningHosts } from '../src/host/testing/running.ts';
import { restClient } from '../src/provisioner/adapters/rest-client.ts';
import { restProvisioner } from '../src/provisioner/adapters/rest.ts';
import { provisionerConformance } from '../src/provisioner/testing/conformance.ts';

/** Given by run.mjs. */
declare const ironicEndpoint: string;
const connect = () => {
  const client = restClient({ endpoint: ironicEndpoint, timeoutMs: 30_000 });
  return { client, provisioner: restProvisioner({ client, clock: systemClock, busyTickMs: 500, idleTickMs: 2_000 }) };
};

provisionerConformance('REST', async () => {
  const { client, provisioner } = connect();
  return { provisioner, settle: () => {}, patienceMs: 60_000, close: () => client.close() };
});

const { client, provisioner } = connect();
let hosts: RunningHosts;
beforeAll(async () => {
  hosts = await runHosts(provisioner);
});
afterAll(async () => {
  await hosts.stop();
  await client.close();
});

test('three hosts go from nothing to provisioned and away again', async () => {
  const names = ['host-0', 'host-1', 'host-2'];
  const image = {
    url: 'http://192.0.2.2/os.raw',
    checksum: '0'.repeat(64),
    checksumType: 'sha256',
    format: 'raw',
  } as const;
  const all = (step: (name: string) => Promise<unknown>) => Promise.all(names.map(step));

  await all((name) => hosts.enrol(name));
  await all((name) => hosts.reaches(name, 'available'));
  await all((name) => hosts.edit(name, { image }));
  await all(async (name) => {
    expect(await hosts.reaches(name, 'provisioned')).toMatchObject({
      status: { errorMessage: '', provisioning: { image } },
    });
  });
  await all((name) => hosts.edit(name, { image: null }));
  await all((name) => hosts.reaches(name, 'available'));
  await all((name) => hosts.remove(name));
  await all((name) => hosts.reaches(name, undefined));
  expect(await provisioner.listActivity()).toEqual([]);
}, 180_000);
