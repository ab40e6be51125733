import { deployOnly } from '../host.ts';
import { expect, type Journey } from '../journey.ts';
import { lastPowerOn } from './agent-and-system.ts';
import { prepareDeployment, systemSpeaks } from './deploy.ts';

/** Firmware that runs nothing but what its keys have signed: Microsoft's, as machines come with them. */
export const secureBoot: Journey = {
  name: 'secure boot: the deployed system is started by firmware that demands signatures, and the next tenant has it off again',
  quick: false,
  addresses: 'pxe-server',
  run: async (traveller) => {
    const { lab, host, signal, figure } = traveller;
    const { console, machine, artefacts } = lab;
    const isOn = (): boolean => machine.secureBoot;
    await host.register({ ...deployOnly, bootMode: 'UEFISecureBoot' });
    await host.reaches('available');
    expect(!isOn(), 'a machine comes with secure boot off');
    const { image, userData, words } = await prepareDeployment(traveller, artefacts.osRaw, 'raw');
    const deploying = await console.mark();
    const began = Date.now();
    await host.patch({ image, userData });
    await host.reaches('provisioned');
    figure('secure boot: provisioned', Date.now() - began);
    const running = await console.says(/lab-os: Secure boot enabled/, deploying, { timeoutMs: 240_000, signal });
    figure('disk, UEFI with secure boot: power on to the running operating system', running.at - lastPowerOn(lab));
    await systemSpeaks(traveller, words, deploying);
    expect(isOn(), 'its firmware has secure boot on');

    await host.patch({ image: null, userData: null });
    await host.reaches('available');
    expect((machine.pendingSecureBoot ?? isOn()) === false, 'its firmware has secure boot off from its next start on');
  },
};
