import { randomUUID } from 'node:crypto';
import { partitions } from '../disk.ts';
import { deployOnly } from '../host.ts';
import { asIronicNode } from '../ironic-node.ts';
import { expect, type Journey } from '../journey.ts';

/** A system that runs from a ready-made ISO and writes nothing. */
export const liveIso: Journey = {
  name: 'live ISO: it runs from the virtual CD, and the disks stay empty',
  quick: false,
  addresses: 'pxe-server',
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

/** A config drive beside it, which a BareMetalHost does not give a live ISO: asked for through Ironic's API. */
export const liveIsoWithConfigDrive: Journey = {
  name: 'live ISO with a config drive: the system finds it in the second virtual drive, and both are empty in the end',
  quick: false,
  addresses: 'pxe-server',
  run: async ({ lab, signal, figure }) => {
    const { console, machine, artefacts, files } = lab;
    const fields = { deploy_interface: 'ramdisk', automated_clean: false };
    await asIronicNode(lab, signal, fields, async (node) => {
      await node.change({ 'instance_info/boot_iso': files.offer('live.iso', { file: artefacts.liveIso }) });
      await node.ask('provide', 'available');
      const [began, from, nonce] = [Date.now(), await console.mark(), randomUUID()];
      const drive = { meta_data: { role: 'live' }, user_data: `echo "lab-os: user data ${nonce}"` };
      await node.ask('active', 'active', { configdrive: drive });
      await console.says(/lab-os: config drive on \/dev\/sd/, from, { timeoutMs: 180_000, signal });
      await console.says(/lab-os: meta data .*"role": ?"live"/, from, { timeoutMs: 60_000, signal });
      await console.says(new RegExp(`lab-os: user data ${nonce}`), from, { timeoutMs: 60_000, signal });
      figure('live ISO with a config drive: from the request to what the drive says', Date.now() - began);
      await node.ask('deleted', 'available');
      expect(Object.keys(machine.media).length === 0, 'both drives are empty');
    });
  },
};
