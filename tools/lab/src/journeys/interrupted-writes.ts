import { setTimeout as delay } from 'node:timers/promises';
import { deployOnly } from '../host.ts';
import { expect, type Journey, type Traveller } from '../journey.ts';
import { prepareDeployment, systemSpeaks, type Deployment } from './deploy.ts';

/** Slow enough that a write is under way for about half a minute. */
const bytesPerSecond = 2_000_000;

/** Takes a machine to the middle of a write of a raw image. */
async function untilWriting(
  traveller: Traveller,
): Promise<Deployment & { readonly mark: number; readonly fetched: () => number }> {
  const { lab, host, signal } = traveller;
  // By serial number: if the write is begun again after another start, /dev/sda may be the other disk, and the firmware would start what
  // the interrupted write left on this one.
  const [first] = lab.machine.virtual.disks;
  await host.register({ ...deployOnly, rootDeviceHints: { serialNumber: first?.serial ?? '' } });
  await host.reaches('available');
  const deployment = await prepareDeployment(traveller, lab.artefacts.osRaw, 'raw');
  // Earlier journeys have fetched the same file.
  const before = lab.files.downloads(deployment.file);
  const fetched = () => lab.files.downloads(deployment.file) - before;
  lab.files.throttle(bytesPerSecond);
  const mark = await lab.console.mark();
  await host.patch({ image: deployment.image, userData: deployment.userData });
  const end = Date.now() + 300_000;
  while (fetched() === 0) {
    signal.throwIfAborted();
    expect(Date.now() < end, 'the agent fetches the image within 5 minutes');
    await delay(250, undefined, { signal });
  }
  await delay(8_000, undefined, { signal });
  return { ...deployment, mark, fetched };
}

const conductorKilled: Journey = {
  name: 'conductor killed while the agent writes: the write goes on and is not begun again',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host } = traveller;
    const { fetched, words, mark } = await untilWriting(traveller);
    lab.stack.process('ironic-conductor')?.signal('SIGKILL');
    await host.reaches('provisioned');
    await systemSpeaks(traveller, words, mark);
    expect(fetched() === 1, `the image was fetched once, not ${fetched()} times`);
  },
};

const powerCycled: Journey = {
  name: 'machine power-cycled while the agent writes: an error that says so, or another try; then provisioned',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host, figure } = traveller;
    const { words, mark } = await untilWriting(traveller);
    const began = Date.now();
    // Somebody at the machine, not the stack.
    await lab.machine.reset('PowerCycle', 'somebody at the machine');
    lab.files.throttle(undefined);
    const noticed = await host.becomes(
      'provisioned or in error',
      ({ status }) => status?.provisioning.state === 'provisioned' || Boolean(status?.errorMessage),
      25 * 60_000,
    );
    figure('power cycle during a write: until it was noticed', Date.now() - began);
    const complaint = noticed.status?.errorMessage ?? '';
    const says = [
      /has not been heard of.*write_image.*restarted/,
      /the agent was restarted/,
      // Whoever looks in the very second.
      /switched off, and with it the agent.*write_image/,
    ];
    expect(
      complaint === '' || says.some((sentence) => sentence.test(complaint)),
      `an error that names the step and what may have happened: ${complaint}`,
    );
    await host.becomes('provisioned', ({ status }) => status?.provisioning.state === 'provisioned', 20 * 60_000);
    await systemSpeaks(traveller, words, mark);
  },
};

const networkCut: Journey = {
  name: 'network cut for a minute while the agent writes: provisioned all the same',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host, signal } = traveller;
    const { words, mark } = await untilWriting(traveller);
    const [tap = ''] = lab.network.taps;
    await lab.network.cable(tap, 'down');
    await delay(60_000, undefined, { signal }).finally(() => lab.network.cable(tap, 'up'));
    lab.files.throttle(undefined);
    await host.becomes('provisioned', ({ status }) => status?.provisioning.state === 'provisioned', 20 * 60_000);
    await systemSpeaks(traveller, words, mark);
  },
};

export const interruptedWrites: readonly Journey[] = [conductorKilled, powerCycled, networkCut];
