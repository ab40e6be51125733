import { keyOf, mergePatchOf, unlessGone } from '@metal3/kube-client';
import {
  addFinalizer,
  hasFinalizer,
  ownerReference,
  patchSession,
  removeFinalizer,
  setOwnerReference,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
import { dataImage, type BareMetalHost, type DataImage, type DataImageStatus } from '@metal3/metal3-api';
import type { DataImageStore } from '../ports.ts';

const finalizer = 'dataimage.metal3.io';

export interface DataImageCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly dataImages: Cache<DataImage>;
}

/** Writes what differs. */
export async function saveDataImageStatus(
  client: CachedClient,
  image: DataImage,
  status: DataImageStatus,
): Promise<void> {
  const body = mergePatchOf({ status: image.status }, { status });
  if (body !== undefined) await unlessGone(client.patchStatus(dataImage, keyOf(image), { type: 'merge', body }));
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
    async release(image) {
      const session = patchSession(client, dataImage, image, { owned: ['metadata.finalizers'] });
      removeFinalizer(session.draft, finalizer);
      await unlessGone(session.save());
    },
    saveStatus: (image, status) => saveDataImageStatus(client, image, status),
    tellHeld: (image, message) => events.normal(image, 'DetachPending', message),
  };
}
