import type { ObjectKey } from '@metal3/kube-client';
import type { Seconds } from '../../kernel.ts';
import { ProvisionerError } from '../../provisioner/errors.ts';
import type { Provisioner } from '../../provisioner/ports.ts';
import { firmwareIsReadable, firmwareRecheck } from '../readable.ts';
import { decideComponents } from './decide.ts';
import type { ComponentsStore } from './ports.ts';

/** One pass over the firmware components of one host. They are of the host's name. @returns seconds until the next pass */
export function componentsReconciler(
  store: ComponentsStore,
  provisioner: Pick<Provisioner, 'findNode' | 'readFirmware'>,
  clock: { readonly now: () => number },
): (key: ObjectKey) => Promise<Seconds | undefined> {
  return async (key) => {
    const host = store.findHost(key);
    if (host === undefined || !firmwareIsReadable(host)) return undefined;
    try {
      const node = await provisioner.findNode(host.status?.provisioning.ID ?? '');
      if (node === undefined) return firmwareRecheck.unavailable;
      const actual = (await provisioner.readFirmware(node)).components;
      // Most machines have nothing to say of themselves, and nothing is made for them.
      if (actual.length === 0 && store.findComponents(key) === undefined) return firmwareRecheck.settled;

      const components = await store.adopt(host);
      if (components.metadata.deletionTimestamp !== undefined) return undefined;
      const { status, changeDetected, problem } = decideComponents(components, actual, clock.now() / 1000);
      if (problem !== undefined) store.tellProblem(components, problem);
      if (status !== undefined) await store.saveStatus(components, status);
      return changeDetected ? firmwareRecheck.changing : firmwareRecheck.settled;
    } catch (error) {
      if (error instanceof ProvisionerError) return firmwareRecheck.unavailable;
      throw error;
    }
  };
}
