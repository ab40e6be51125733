import { bytesAt, partitions, raidMember, type RaidMember } from '../disk.ts';
import { expect, type Journey } from '../journey.ts';
import { prepareDeployment } from './deploy.ts';

/** RAID 1 over both disks, made by the agent. */
export const softwareRaid: Journey = {
  name: 'software RAID 1 by the agent: both disks are members, and the image is written to the volume',
  quick: false,
  addresses: true,
  run: async (traveller) => {
    const { lab, host, figure } = traveller;
    const { machine, artefacts } = lab;
    const began = Date.now();
    await host.register({ raid: { softwareRAIDVolumes: [{ level: '1' }] } });
    await host.reaches('available', { withinMs: 15 * 60_000 });
    figure('registered, inspected, cleaned, RAID made', Date.now() - began);

    const volumes = await Promise.all(machine.virtual.disks.map(({ file }) => volumesOn(file)));
    const sets = volumes.map((members) => members.map(({ set }) => set).join());
    expect(
      sets[0] !== '' && sets[0] === sets[1],
      `both disks are members of the same volumes: ${JSON.stringify(sets)}`,
    );
    const members = volumes.flat();
    expect(
      members.every(({ level, disks }) => level === 1 && disks === 2),
      `every volume is a RAID 1 of two: ${JSON.stringify(members)}`,
    );

    const { image, userData } = await prepareDeployment(traveller, artefacts.osQcow2, 'qcow2');
    await host.patch({ image, userData });
    await host.reaches('provisioned');
    for (const { file, serial } of machine.virtual.disks) {
      const heads = (await volumesOn(file)).map(({ dataAt }) => bytesAt(file, dataAt + 512, 8));
      const tables = (await Promise.all(heads)).filter((head) => head.toString('latin1') === 'EFI PART');
      expect(tables.length === 1, `one volume on disk ${serial} holds the partition table of the image`);
    }
  },
};

/** The RAID members among the partitions of a disk. */
async function volumesOn(file: string): Promise<readonly RaidMember[]> {
  const found = await Promise.all((await partitions(file)).map((partition) => raidMember(file, partition)));
  return found.filter((member) => member !== undefined);
}
