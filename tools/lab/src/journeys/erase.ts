import { bytesAt, firstUsedByte, leaveBehind, partitions, type Traces } from '../disk.ts';
import { ironic, nodeReaches } from '../ironic.ts';
import { expect, type Journey } from '../journey.ts';
import type { Lab } from '../lab.ts';

/**
 * What two ways of erasing do, read from the disks behind the machine's back. Asked for through Ironic's API: a BareMetalHost knows only
 * the first of them.
 */
export const erase: Journey = {
  name: 'metadata erase takes tables and signatures and leaves data, full erase leaves nothing, and neither touches a disk to be skipped',
  quick: false,
  addresses: true,
  run: async ({ lab, signal, figure }) => {
    const [first, second] = lab.machine.virtual.disks;
    if (first === undefined || second === undefined) throw new Error('the machine has fewer than two disks');
    const traces = {
      first: await leaveBehind(first.file, first.bytes),
      second: await leaveBehind(second.file, second.bytes),
    };
    for (const [name, disk] of [
      ['first', first],
      ['second', second],
    ] as const) {
      const before = await look(disk.file, traces[name]);
      expect(
        before.partitions === 1 && before.signature && before.data === 3,
        `the ${name} disk is in use: ${JSON.stringify(before)}`,
      );
    }

    const node = 'erased';
    try {
      await enroll(lab, node, { skip_block_devices: [{ serial: second.serial }] });
      await nodeReaches(lab, node, 'enroll', signal);
      await ironic(lab, `nodes/${node}/states/provision`, 'PUT', { target: 'manage' });
      await nodeReaches(lab, node, 'manageable', signal);
      const clean = async (step: string) => {
        const began = Date.now();
        const clean_steps = [{ interface: 'deploy', step }];
        await ironic(lab, `nodes/${node}/states/provision`, 'PUT', { target: 'clean', clean_steps });
        await nodeReaches(lab, node, 'manageable', signal, 20 * 60_000);
        figure(step, Date.now() - began);
      };

      await clean('erase_devices_metadata');
      const without = await look(first.file, traces.first);
      expect(without.partitions === 0, `the partition table is gone: ${JSON.stringify(without)}`);
      expect(!without.primary && !without.backup, `both headers of the GPT are gone: ${JSON.stringify(without)}`);
      expect(!without.signature, `the signature of the file system is gone: ${JSON.stringify(without)}`);
      expect(without.data === 3, `the data are still there: ${JSON.stringify(without)}`);

      await clean('erase_devices');
      const used = await firstUsedByte(first.file);
      expect(used === undefined, `every byte of the disk is zero; the first that is not is at ${used}`);
      const skipped = await look(second.file, traces.second);
      expect(
        skipped.partitions === 1 && skipped.signature && skipped.data === 3,
        `the disk to be skipped is as it was: ${JSON.stringify(skipped)}`,
      );
    } finally {
      await forget(lab, node);
    }
  },
};

/** What is still found of what was left behind. */
async function look(file: string, traces: Traces) {
  const isThere = async ({ at, bytes }: Traces['data'][number]) =>
    (await bytesAt(file, at, bytes.length)).equals(bytes);
  const header = async (at: number) => (await bytesAt(file, at, 8)).equals(Buffer.from('EFI PART'));
  return {
    partitions: (await partitions(file)).length,
    primary: await header(512),
    backup: await header(traces.size - 512),
    signature: await isThere(traces.signature),
    data: (await Promise.all(traces.data.map(isThere))).filter(Boolean).length,
  };
}

async function enroll(lab: Lab, name: string, properties: object): Promise<void> {
  const { machine, fleet } = lab;
  const { uuid } = await ironic<{ uuid: string }>(lab, 'nodes', 'POST', {
    name,
    driver: 'redfish',
    boot_interface: 'redfish-virtual-media',
    properties,
    driver_info: {
      redfish_address: fleet.urls.bmc,
      redfish_system_id: `/redfish/v1/Systems/${machine.identity.uuid}`,
      redfish_username: machine.identity.account.username,
      redfish_password: machine.identity.account.password,
    },
  });
  await ironic(lab, 'ports', 'POST', { node_uuid: uuid, address: machine.identity.macs[0] });
}

/** However the journey ended, the node is nobody's any more. */
async function forget(lab: Lab, node: string): Promise<void> {
  const nodes = await ironic<{ nodes: { name: string }[] }>(lab, 'nodes');
  if (!nodes.nodes.some(({ name }) => name === node)) return;
  await ironic(lab, `nodes/${node}/maintenance`, 'PUT', { reason: 'the journey is over' });
  await ironic(lab, `nodes/${node}`, 'DELETE');
}
