import type { ObjectKey } from '@metal3/kube-client';
import type { PreprovisioningImage, PreprovisioningImageStatus } from '@metal3/metal3-api';

/** Where PreprovisioningImages are kept. */
export interface ImageStore {
  find(key: ObjectKey): PreprovisioningImage | undefined;
  hold(image: PreprovisioningImage): Promise<PreprovisioningImage>;
  /** Lets it go once nobody else holds it. */
  release(image: PreprovisioningImage): Promise<void>;
  /** The Secret that it names; undefined when there is none. */
  findNetworkData(image: PreprovisioningImage): Promise<{ readonly version: string } | undefined>;
  saveStatus(image: PreprovisioningImage, status: PreprovisioningImageStatus): Promise<void>;
}
