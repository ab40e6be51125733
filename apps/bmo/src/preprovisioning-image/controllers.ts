import { formatKey, keyOf, type Log } from '@metal3/kube-client';
import {
  changesOf,
  controller,
  relatedTo,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import type { Clock } from '@metal3/service';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import { recheckedBy } from '../recheck.ts';
import { kubernetesImageStore } from './adapters/kubernetes.ts';
import { imageReconciler } from './controller.ts';
import { formatsOf, type ImageSources } from './sources.ts';

export interface ImageSurroundings {
  readonly client: CachedClient;
  readonly caches: HostCaches;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The controller of PreprovisioningImages; none where there are no images to give: then another program builds them. */
export function imageControllers(
  sources: ImageSources,
  { client, caches, metrics, clock, log }: ImageSurroundings,
): readonly Controller[] {
  const { preprovisioningImages: images, secrets } = caches;
  if (images === undefined || formatsOf(sources).length === 0) return [];
  const pass = imageReconciler(kubernetesImageStore(client, { images, secrets }), sources, clock);
  return [
    controller({
      name: 'preprovisioningimage',
      watches: [
        changesOf(images),
        relatedTo(secrets, ({ key }) => images.byIndex('networkData', formatKey(key)).map(keyOf)),
      ],
      reconcile: recheckedBy(pass),
      concurrency: 4,
      clock,
      log,
      ...(metrics === undefined ? {} : { metrics }),
    }),
  ];
}
