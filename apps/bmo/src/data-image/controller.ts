import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, DataImage } from '@metal3/metal3-api';
import type { MediaObservation } from '../host/data-image/decide.ts';
import { observeMedia } from '../host/data-image/observe.ts';
import { timestampOf, type Seconds } from '../kernel.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import type { NodeSnapshot } from '../provisioner/node.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { decideDataImage } from './decide.ts';
import type { DataImageStore } from './ports.ts';

/** Ironic cannot be reached. */
const unavailableRecheck: Seconds = 30;
/** A drive that is emptied otherwise than by its host tells nobody. */
const heldRecheck: Seconds = 600;

/** One pass over the DataImage of one host. They are of one name. @returns seconds until the next pass */
export function dataImageReconciler(
  store: DataImageStore,
  provisioner: Pick<Provisioner, 'findNode' | 'readMedia'>,
  clock: { readonly now: () => number },
): (key: ObjectKey) => Promise<Seconds | undefined> {
  async function pass(found: DataImage, host: BareMetalHost | undefined): Promise<Seconds | undefined> {
    let image = found;
    let media: MediaObservation | undefined;
    const node = await nodeOf(host);
    for (;;) {
      const hasFinalizer = store.hasFinalizer(image);
      const isOwned = host !== undefined && store.isOwned(image, host);
      const decision = decideDataImage({ image, host, hasFinalizer, isOwned, hasNode: node !== undefined, media });
      switch (decision.kind) {
        case 'adopt':
          if (host === undefined) return undefined;
          image = await store.adopt(image, host);
          break;
        case 'read-media':
          if (node === undefined) return undefined;
          media = await observeMedia(node, provisioner);
          break;
        case 'release':
          await store.release(image);
          return undefined;
        case 'save':
          await store.saveStatus(image, { ...decision.status, lastReconciled: timestampOf(clock.now() / 1000) });
          return decision.recheckIn;
        case 'hold':
          store.tellHeld(image, decision.message);
          return heldRecheck;
        case 'rest':
          return decision.recheckIn;
      }
    }
  }

  async function nodeOf(host: BareMetalHost | undefined): Promise<NodeSnapshot | undefined> {
    const id = host?.status?.provisioning.ID ?? '';
    return id === '' ? undefined : provisioner.findNode(id);
  }

  return async (key) => {
    const image = store.findImage(key);
    if (image === undefined) return undefined;
    try {
      return await pass(image, store.findHost(key));
    } catch (error) {
      if (error instanceof ProvisionerError) return unavailableRecheck;
      throw error;
    }
  };
}
