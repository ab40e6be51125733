import { bytesAt, partitions } from '../disk.ts';
import { expect, type Journey } from '../journey.ts';
import { prepareDeployment } from './deploy.ts';

/** Magic number of a Linux RAID superblock, little-endian. */
const raidMagic = 0xa92b4efc;

/** RAID 1 over both disks, made by the agent. */
export const softwareRaid: Journey = {
  name: 'software RAID 1 by the agent: both disks are members, and the image is written to the volume',
  quick: false,
  addresses: true,
  run: async (traveller) => {
    const { lab, host } = traveller;
    const { machine, artefacts } = lab;
    await host.register({ raid: { softwareRAIDVolumes: [{ level: '1' }] } });
    await host.reaches('available', { withinMs: 15 * 60_000 });
    const members = async () =>
      Promise.all(
        machine.virtual.disks.map(async ({ file }) => {
          for (const { start, size } of await partitions(file)) {
            // The superblock lies near the end (version 1.0) or 4 KiB after the beginning (1.2).
            const ends = [start * 512 + 4096, (start + size) * 512 - 8192 - (((start + size) * 512) % 4096)];
            for (const position of ends) {
              const head = await bytesAt(file, position, 4);
              if (head.length === 4 && head.readUInt32LE(0) === raidMagic) return true;
            }
          }
          return false;
        }),
      );
    const found = await members();
    expect(found.every(Boolean), `both disks hold a member of the RAID: ${JSON.stringify(found)}`);

    const { image, userData } = await prepareDeployment(traveller, artefacts.osQcow2, 'qcow2');
    await host.patch({ image, userData });
    await host.reaches('provisioned');
  },
};
