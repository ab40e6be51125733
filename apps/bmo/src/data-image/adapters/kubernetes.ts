import {
  addFinalizer,
  hasFinalizer,
  ownerReference,
  patchSession,
  release,
  saveStatus,
  setOwnerReference,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
import { dataImage, type BareMetalHost, type DataImage } from '@metal3/metal3-api';
import type { DataImageStore } from '../ports.ts';

const finalizer = 'dataimage.metal3.io';

export interface DataImageCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly dataImages: Cache<DataImage>;
}

export function kubernetesDataImageStore(
  client: CachedClient,
  { hosts, dataImages }: DataImageCaches,
  events: EventRecorder,
): DataImageStore {
  return {
    findImage: (key) => dataImages.find(key),
    findHost: (key) => hosts.find(key),
    hasFinalizer: (image) => hasFinalizer(image, finalizer),
    isOwned: ({ metadata }, host) => metadata.ownerReferences?.some(({ uid }) => uid === host.metadata.uid) === true,
    async adopt(image, host) {
      const owned = ['metadata.ownerReferences', 'metadata.finalizers'];
      const session = patchSession(client, dataImage, image, { owned });
      setOwnerReference(session.draft, ownerReference(host, { blockOwnerDeletion: true }));
      addFinalizer(session.draft, finalizer);
      return session.save();
    },
    release: (image) => release(client, dataImage, image, finalizer),
    saveStatus: (image, status) => saveStatus(client, dataImage, image, status),
    tellHeld: (image, message) => events.normal(image, 'DetachPending', message),
  };
}
