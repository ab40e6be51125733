import type { Node } from '@metal3/node';
import type { BootEntry } from '@metal3/node-store';
import { EffectProblem } from '../../work/problems.ts';
import type { Machine } from '../machine.ts';
import { readsIsoItself } from './entry.ts';
import type { BootPorts } from './perform.ts';
import { reachedUrl } from './reached-url.ts';
import { wayOf } from './way.ts';

interface HttpBoot {
  readonly node: Node;
  readonly entry: BootEntry;
  readonly persistent: boolean;
  readonly mode: 'uefi' | 'bios' | undefined;
}

/**
 * Has the firmware boot over HTTP. A node with its own ISO must be told the URL; one that boots a loader is told it where the BMC takes one, else
 * DHCP tells it, and a BMC that cannot order HTTP boot at all orders PXE.
 * @throws EffectProblem where the machine cannot boot this way
 */
export async function setHttpBoot(
  { node, entry, persistent, mode }: HttpBoot,
  { media, settings }: Pick<BootPorts, 'media' | 'settings'>,
  machine: Pick<Machine, 'bootDevices' | 'setBootDevice' | 'setHttpBoot'>,
  signal: AbortSignal,
): Promise<void> {
  const by = node.interfaces.boot;
  if (mode === 'bios') {
    throw new EffectProblem(
      `Node ${node.uuid} cannot boot with boot interface ${by}: HTTP boot is for UEFI, and its capabilities say boot_mode:bios`,
    );
  }
  const ownIso = wayOf(node) === 'http-iso';
  const offered = await machine.bootDevices(signal);
  if (!offered.includes('uefihttp')) {
    if (!ownIso) return machine.setBootDevice('pxe', persistent, mode, signal);
    throw new EffectProblem(
      `Node ${node.uuid} cannot boot with boot interface ${by}: its BMC offers the boot devices ${offered.join(', ')} and not UefiHttp; ` +
        'use redfish-virtual-media or ipxe',
    );
  }
  if (ownIso) {
    const direct = entry.kind === 'iso' && readsIsoItself(node, settings);
    const url = direct ? entry.isoUrl : reachedUrl(node, entry, (await media.httpUrls(entry, signal)).iso);
    return machine.setHttpBoot({ url, required: true, persistent, mode }, signal);
  }
  const { loader } = await media.httpUrls(entry, signal);
  const url = loader === undefined ? undefined : reachedUrl(node, entry, loader);
  return machine.setHttpBoot({ url, required: false, persistent, mode }, signal);
}
