import { partitions } from '../disk.ts';
import { deployOnly } from '../host.ts';
import { expect, type Journey } from '../journey.ts';

/** A system that runs from a ready-made ISO and writes nothing. */
export const liveIso: Journey = {
  name: 'live ISO: it runs from the virtual CD, and the disks stay empty',
  quick: false,
  addresses: true,
  run: async ({ lab, host, signal, figure }) => {
    const { console, machine, artefacts, files } = lab;
    const power = (): string => machine.power;
    await host.register(deployOnly);
    await host.reaches('available');
    const began = Date.now();
    const from = await console.mark();
    await host.patch({ image: { url: files.offer('live.iso', { file: artefacts.liveIso }), format: 'live-iso' } });
    await host.reaches('provisioned');
    await console.says(/lab-os: running live/, from, { timeoutMs: 180_000, signal });
    figure('live ISO: from the image in the spec to the running system', Date.now() - began);
    await console.says(/lab-os: up/, from, { timeoutMs: 60_000, signal });
    const tables = await Promise.all(machine.virtual.disks.map(({ file }) => partitions(file)));
    expect(tables.flat().length === 0, 'no disk was written to');

    await host.patch({ image: null });
    await host.becomes('available', ({ status }) => status?.provisioning.state === 'available');
    await host.delete();
    expect(power() === 'Off' && machine.media.Cd === undefined, 'the machine is off and its drive empty');
  },
};
