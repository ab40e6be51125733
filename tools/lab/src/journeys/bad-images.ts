import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deployOnly } from '../host.ts';
import { expect, type Journey } from '../journey.ts';
import { prepareDeployment, sha256, systemSpeaks } from './deploy.ts';

/** Images that cannot be what is wanted, and the right one afterwards. */
export const badImages: Journey = {
  name: 'checksum mismatch and an image too large for the disk are errors that say so; the right image then works',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host } = traveller;
    const { console, artefacts, dir, files } = lab;
    // By serial number: three starts of the agent, of which each may call another disk /dev/sda.
    const [first] = lab.machine.virtual.disks;
    await host.register({ ...deployOnly, rootDeviceHints: { serialNumber: first?.serial ?? '' } });
    await host.reaches('available');

    const good = await prepareDeployment(traveller, artefacts.osQcow2, 'qcow2');
    const provisioningError = async (wanted: string, pattern: RegExp) => {
      const { status } = await host.becomes(wanted, (seen) => Boolean(seen.status?.errorMessage));
      expect(status?.errorType === 'provisioning error', `a provisioning error: ${status?.errorType ?? ''}`);
      expect(pattern.test(status.errorMessage), `an error that matches ${pattern}: ${status.errorMessage}`);
    };
    const giveUp = async () => {
      await host.patch({ image: null });
      // Without cleaning it is deprovisioned in no time, and the error stays until then.
      await host.becomes(
        'available and without error',
        ({ status }) => status?.provisioning.state === 'available' && !status.errorMessage,
      );
    };
    await host.patch({ image: { ...good.image, checksum: '0'.repeat(64) }, userData: good.userData });
    await provisioningError(
      'in error because of the checksum',
      /failed to verify against checksum.*correct the checksum/,
    );
    await giveUp();

    // The file is small; the disk inside is larger than the machine's.
    const large = join(dir, 'large.qcow2');
    await promisify(execFile)('qemu-img', ['create', '-q', '-f', 'qcow2', large, '16G']);
    const tooLarge = { ...good.image, url: files.offer('large.qcow2', { file: large }), checksum: await sha256(large) };
    await host.patch({ image: tooLarge });
    await provisioningError('in error because of the size', /the image is larger than the disk/i);
    await giveUp();

    const deploying = await console.mark();
    await host.patch({ image: good.image });
    await host.reaches('provisioned');
    await systemSpeaks(traveller, good.words, deploying);
  },
};
