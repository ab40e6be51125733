import type { ObjectKey } from '@metal3/kube-client';
import { hold, release, saveStatus, type Cache, type CachedClient } from '@metal3/kube-controller';
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
  return {
    find: (key: ObjectKey) => images.find(key),
    hold: (image) => hold(client, preprovisioningImage, image, finalizer),
    async release(image) {
      // Whoever else holds it still uses the image.
      if (image.metadata.finalizers?.some((other) => other !== finalizer) === true) return;
      await release(client, preprovisioningImage, image, finalizer);
    },
    async findNetworkData({ metadata: { namespace }, spec: { networkDataName: name = '' } }) {
      const key = { namespace, name };
      const secret = secrets.find(key) ?? (await client.find(secretKind, key));
      return secret && { version: secret.metadata.resourceVersion ?? '' };
    },
    saveStatus: (image, status) => saveStatus(client, preprovisioningImage, image, status),
  };
}
