import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import type { Provisioner } from '../provisioner/ports.ts';
import { connectByGrpc } from '../provisioner/testing/connect.ts';
import { ironicProcesses, type IronicProcesses } from '../provisioner/testing/ironic-processes.ts';
import { runHosts, type RunningHosts } from './testing/running.ts';

let ironic: IronicProcesses;
let connection: { readonly provisioner: Provisioner; close(): Promise<void> };
let hosts: RunningHosts;
beforeAll(async () => {
  ironic = await ironicProcesses();
  await ironic.start();
  connection = await connectByGrpc(ironic.grpc);
  hosts = await runHosts(connection.provisioner);
});
afterAll(async () => {
  await hosts.stop();
  await connection.close();
  await ironic.close();
});

const names = Array.from({ length: 5 }, (_, index) => `host-${index}`);
const all = (step: (name: string) => Promise<unknown>) => Promise.all(names.map(step));
const image = {
  url: 'http://192.0.2.2/os.raw',
  checksum: '0'.repeat(64),
  checksumType: 'sha256',
  format: 'raw',
} as const;

test('hosts are provisioned by our own Ironic, survive the loss of its database, and are released', async () => {
  await all((name) => hosts.enrol(name));
  await all((name) => hosts.reaches(name, 'available'));
  await all((name) => hosts.edit(name, { image }));
  await all((name) => hosts.reaches(name, 'provisioned'));

  await ironic.kill();
  ironic.loseDatabase();
  await ironic.start();
  await eventually(
    async () => {
      const nodes = await connection.provisioner.listActivity();
      const active = nodes.filter(({ provisionState }) => provisionState === 'active');
      return active.length === names.length;
    },
    { timeoutMs: 40_000, everyMs: 100 },
  );
  await all(async (name) => {
    expect(await hosts.reaches(name, 'provisioned')).toMatchObject({ status: { provisioning: { image } } });
  });

  await all((name) => hosts.edit(name, { image: null }));
  await all((name) => hosts.reaches(name, 'available'));
  await all((name) => hosts.remove(name));
  await all((name) => hosts.reaches(name, undefined));
  expect(await connection.provisioner.listActivity()).toEqual([]);
}, 180_000);
