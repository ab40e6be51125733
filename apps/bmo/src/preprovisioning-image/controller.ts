import type { ObjectKey } from '@metal3/kube-client';
import type { Seconds } from '../kernel.ts';
import { decideImage } from './decide.ts';
import type { ImageStore } from './ports.ts';
import type { ImageSources } from './sources.ts';

/** One pass over one PreprovisioningImage. @returns seconds until the next pass */
export function imageReconciler(
  store: ImageStore,
  sources: ImageSources,
  clock: { readonly now: () => number },
): (key: ObjectKey) => Promise<Seconds | undefined> {
  return async (key) => {
    const found = store.find(key);
    if (found === undefined) return undefined;
    if (found.metadata.deletionTimestamp !== undefined) {
      await store.release(found);
      return undefined;
    }
    const image = await store.hold(found);
    const networkData = image.spec.networkDataName
      ? ((await store.findNetworkData(image)) ?? ('missing' as const))
      : undefined;
    const { status, recheckIn } = decideImage({ image, sources, networkData, now: clock.now() / 1000 });
    if (status !== undefined) await store.saveStatus(image, status);
    return recheckIn;
  };
}
