import { bytesAt, firstUsedByte, leaveBehind, partitions, type Traces } from '../disk.ts';
import { asIronicNode } from '../ironic-node.ts';
import { expect, type Journey } from '../journey.ts';

const mib = 1024 ** 2;

/**
 * What two ways of erasing do, read from the disks behind the machine's back. Asked for through Ironic's API: a BareMetalHost knows only
 * the first of them.
 */
export const erase: Journey = {
  name: 'metadata erase takes tables and signatures and leaves data, full erase leaves nothing but disks to be skipped',
  quick: false,
  addresses: 'pxe-server',
  run: async ({ lab, signal, figure }) => {
    // Random bytes are slow where the machine is translated, so the disk to be erased is small; the agent wants a large one as well.
    lab.machine.refit([256 * mib, 5 * 1024 * mib]);
    const disks = await Promise.all(
      lab.machine.virtual.disks.map(async ({ file, bytes, serial }) => ({
        file,
        serial,
        traces: await leaveBehind(file, bytes),
      })),
    );
    const [small, large] = disks;
    if (small === undefined || large === undefined) throw new Error('the machine has fewer than two disks');
    for (const { file, serial, traces } of disks) {
      const before = await look(file, traces);
      expect(
        before.partitions === 1 && before.primary && before.backup && before.signature && before.data === 3,
        `disk ${serial} is in use: ${JSON.stringify(before)}`,
      );
    }

    await asIronicNode(lab, signal, {}, async (node) => {
      const timed = async (step: string) => {
        const began = Date.now();
        await node.clean({ interface: 'deploy', step });
        figure(step, Date.now() - began);
      };
      await timed('erase_devices_metadata');
      for (const { file, serial, traces } of disks) {
        const after = await look(file, traces);
        expect(after.partitions === 0, `the partition table of disk ${serial} is gone: ${JSON.stringify(after)}`);
        expect(!after.primary && !after.backup, `and so are both headers of the GPT: ${JSON.stringify(after)}`);
        expect(!after.signature, `and so is the signature of the file system: ${JSON.stringify(after)}`);
        expect(after.data === 3, `and the data are still there: ${JSON.stringify(after)}`);
      }

      await node.change({ 'properties/skip_block_devices': [{ serial: large.serial }] });
      await timed('erase_devices');
      const used = await firstUsedByte(small.file);
      expect(used === undefined, `every byte of the disk is zero; the first that is not is at ${used}`);
      const skipped = await look(large.file, large.traces);
      expect(skipped.data === 3, `the disk to be skipped still has its data: ${JSON.stringify(skipped)}`);
    });
  },
};

/** What is still found of what was left behind. */
async function look(file: string, traces: Traces) {
  const isThere = async ({ at, bytes }: Traces['signature']) => (await bytesAt(file, at, bytes.length)).equals(bytes);
  const header = async (at: number) => (await bytesAt(file, at, 8)).equals(Buffer.from('EFI PART'));
  return {
    partitions: (await partitions(file)).length,
    primary: await header(512),
    backup: await header(traces.size - 512),
    signature: await isThere(traces.signature),
    data: (await Promise.all(traces.data.map(isThere))).filter(Boolean).length,
  };
}
