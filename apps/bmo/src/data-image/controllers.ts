import type { Log } from '@metal3/kube-client';
import {
  changesOf,
  controller,
  eventRecorder,
  relatedTo,
  withoutWaiting,
  type CacheChange,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import type { BareMetalHost, DataImage } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import { annotations } from '../host/annotations.ts';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import { sameJson } from '../kernel.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { recheckedBy } from '../recheck.ts';
import { kubernetesDataImageStore } from './adapters/kubernetes.ts';
import { dataImageReconciler } from './controller.ts';
import { attachedUrl } from './status.ts';

export interface DataImageSurroundings {
  readonly client: CachedClient;
  readonly caches: HostCaches;
  readonly provisioner: Provisioner;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The controller of DataImages. Make it once. */
export function dataImageController(surroundings: DataImageSurroundings): Controller {
  const { client, caches, provisioner, metrics, clock, log } = surroundings;
  const events = eventRecorder({ client, component: 'metal3-dataimage-controller', clock, log });
  const pass = dataImageReconciler(kubernetesDataImageStore(client, caches, events), provisioner, clock);
  return controller({
    name: 'dataimage',
    watches: [
      withoutWaiting(changesOf(caches.dataImages, { where: isWorthAPass })),
      relatedTo(caches.hosts, ({ key, before, after }) => (concernsImages(before, after) ? [key] : [])),
    ],
    reconcile: recheckedBy(pass),
    concurrency: 4,
    clock,
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
}

/** Besides what people change: the host has put the image into the drive, or taken it out. */
function isWorthAPass({ before, after }: CacheChange<DataImage>): boolean {
  if (before === undefined || after === undefined) return after !== undefined;
  return (
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    attachedUrl(before) !== attachedUrl(after)
  );
}

function concernsImages(before: BareMetalHost | undefined, after: BareMetalHost | undefined): boolean {
  const seen = (host: BareMetalHost | undefined) =>
    host && [
      host.metadata.annotations?.[annotations.paused],
      host.metadata.annotations?.[annotations.detached],
      host.status?.provisioning.ID,
      host.status?.provisioning.state,
    ];
  return !sameJson(seen(before), seen(after));
}
