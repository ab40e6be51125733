import { bytesAt, partitions, raidMember, type RaidMember } from '../disk.ts';
import { asIronicNode } from '../ironic-node.ts';
import { expect, type Journey } from '../journey.ts';
import { sha256 } from './deploy.ts';

/** RAID 1 over both disks, made by the agent. Asked for through Ironic's API: bmo says of `spec.raid` that it does not know how. */
export const softwareRaid: Journey = {
  name: 'software RAID 1 by the agent: both disks are members, and the image is written to the volume',
  quick: false,
  addresses: 'pxe-server',
  run: async ({ lab, signal, figure }) => {
    const { machine, artefacts, files } = lab;
    const began = Date.now();
    const fields = { raid_interface: 'agent', automated_clean: false };
    await asIronicNode(lab, signal, fields, async (node) => {
      await node.raid({ logical_disks: [{ controller: 'software', raid_level: '1', size_gb: 'MAX' }] });
      await node.clean(
        { interface: 'raid', step: 'delete_configuration' },
        { interface: 'deploy', step: 'erase_devices_metadata' },
        { interface: 'raid', step: 'create_configuration' },
      );
      figure('RAID made', Date.now() - began);
      const volumes = await Promise.all(machine.virtual.disks.map(({ file }) => volumesOn(file)));
      const sets = volumes.map((members) => members.map(({ set }) => set).join());
      expect(sets[0] !== '' && sets[0] === sets[1], `both disks are members of one volume: ${JSON.stringify(sets)}`);
      const members = volumes.flat();
      expect(
        members.length === 2 && members.every(({ level, disks }) => level === 1 && disks === 2),
        `the volume is a RAID 1 of two: ${JSON.stringify(members)}`,
      );
      const { raid_config } = await node.read<{ raid_config: { logical_disks?: { raid_level: string }[] } }>();
      expect(raid_config.logical_disks?.[0]?.raid_level === '1', `Ironic shows it: ${JSON.stringify(raid_config)}`);

      await node.change({
        'instance_info/image_source': files.offer('os.qcow2', { file: artefacts.osQcow2 }),
        'instance_info/image_os_hash_algo': 'sha256',
        'instance_info/image_os_hash_value': await sha256(artefacts.osQcow2),
        'instance_info/image_disk_format': 'qcow2',
      });
      await node.ask('provide', 'available');
      await node.ask('active', 'active');
      for (const { file, serial } of machine.virtual.disks) {
        const heads = (await volumesOn(file)).map(({ dataAt }) => bytesAt(file, dataAt + 512, 8));
        const tables = (await Promise.all(heads)).filter((head) => head.toString('latin1') === 'EFI PART');
        expect(tables.length === 1, `a volume on disk ${serial} holds the partition table of the image`);
      }
    });
  },
};

/** The RAID members among the partitions of a disk. */
async function volumesOn(file: string): Promise<readonly RaidMember[]> {
  const found = await Promise.all((await partitions(file)).map((partition) => raidMember(file, partition)));
  return found.filter((member) => member !== undefined);
}
