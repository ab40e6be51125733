import { keyOf, mergePatchOf, unlessGone, type ObjectKey } from '@metal3/kube-client';
import {
  addFinalizer,
  hasFinalizer,
  patchSession,
  removeFinalizer,
  type Cache,
  type CachedClient,
} from '@metal3/kube-controller';
import { preprovisioningImage, type PreprovisioningImage } from '@metal3/metal3-api';
import { secretKind, type Secret } from '../../host/adapters/secret.ts';
import type { ImageStore } from '../ports.ts';

const finalizer = 'preprovisioningimage.metal3.io';

export interface ImageCaches {
  readonly images: Cache<PreprovisioningImage>;
  /** Secrets that carry our label. */
  readonly secrets: Cache<Secret>;
}

export function kubernetesImageStore(client: CachedClient, { images, secrets }: ImageCaches): ImageStore {
  const owned = { owned: ['metadata.finalizers'] };
  return {
    find: (key: ObjectKey) => images.find(key),
    async hold(image) {
      if (hasFinalizer(image, finalizer)) return image;
      const session = patchSession(client, preprovisioningImage, image, owned);
      addFinalizer(session.draft, finalizer);
      return session.save();
    },
    async release(image) {
      // Whoever else holds it still uses the image.
      if (image.metadata.finalizers?.some((other) => other !== finalizer) === true) return;
      const session = patchSession(client, preprovisioningImage, image, owned);
      if (removeFinalizer(session.draft, finalizer)) await unlessGone(session.save());
    },
    async findNetworkData({ metadata: { namespace }, spec: { networkDataName: name = '' } }) {
      const key = { namespace, name };
      const secret = secrets.find(key) ?? (await client.find(secretKind, key));
      return secret && { version: secret.metadata.resourceVersion ?? '' };
    },
    async saveStatus(image, status) {
      const body = mergePatchOf({ status: image.status }, { status });
      if (body === undefined) return;
      await unlessGone(client.patchStatus(preprovisioningImage, keyOf(image), { type: 'merge', body }));
    },
  };
}
