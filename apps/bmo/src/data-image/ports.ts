import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, DataImage, DataImageStatus } from '@metal3/metal3-api';

/** Where DataImages are kept. */
export interface DataImageStore {
  findImage(key: ObjectKey): DataImage | undefined;
  findHost(key: ObjectKey): BareMetalHost | undefined;
  hasFinalizer(image: DataImage): boolean;
  isOwned(image: DataImage, host: BareMetalHost): boolean;
  /** Makes it belong to its host, with which it goes, and holds it until its image is in no drive. */
  adopt(image: DataImage, host: BareMetalHost): Promise<DataImage>;
  release(image: DataImage): Promise<void>;
  saveStatus(image: DataImage, status: DataImageStatus): Promise<void>;
  tellHeld(image: DataImage, message: string): void;
}
