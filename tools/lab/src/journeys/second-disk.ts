import { partitions } from '../disk.ts';
import { deployOnly } from '../host.ts';
import { expect, type Journey } from '../journey.ts';
import { prepareDeployment, systemSpeaks } from './deploy.ts';

/** What a person does with a running host: restart it, switch it off and on. */
export const secondDisk: Journey = {
  name: 'qcow2 onto the second disk by root device hints; restarted by annotation, switched off and on',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host, signal, figure } = traveller;
    const { console, machine, artefacts } = lab;
    const power = (): string => machine.power;
    const [first, second] = machine.virtual.disks;
    await host.register({ ...deployOnly, rootDeviceHints: { serialNumber: second?.serial ?? '' } });
    await host.reaches('available');

    const { image, userData, words } = await prepareDeployment(traveller, artefacts.osQcow2, 'qcow2');
    const deploying = await console.mark();
    const began = Date.now();
    await host.patch({ image, userData });
    await host.reaches('provisioned');
    figure('qcow2: provisioned', Date.now() - began);
    await systemSpeaks(traveller, words, deploying);
    expect((await partitions(second?.file ?? '')).length === 4, 'the second disk holds image and config drive');
    expect((await partitions(first?.file ?? '')).length === 0, 'the first disk is untouched');

    const restart = await console.mark();
    await host.annotate({ 'reboot.metal3.io': '' });
    await console.says(/lab-os: power button/, restart, { timeoutMs: 120_000, signal });
    await systemSpeaks(traveller, words, restart);
    await host.becomes(
      'rid of the annotation',
      ({ metadata }) => metadata.annotations?.['reboot.metal3.io'] === undefined,
    );

    const off = await console.mark();
    await host.patch({ online: false });
    await console.says(/lab-os: power button/, off, { timeoutMs: 120_000, signal });
    await host.becomes('off', ({ status }) => status?.poweredOn === false && power() === 'Off');
    const on = await console.mark();
    await host.patch({ online: true });
    await systemSpeaks(traveller, words, on);
    await host.becomes('on', ({ status }) => status?.poweredOn === true && power() === 'On');
  },
};
