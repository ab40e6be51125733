import { formatKey, keyOf, type Log } from '@metal3/kube-client';
import {
  cacheAcross,
  changesOf,
  controller,
  relatedTo,
  withoutWaiting,
  type CacheChange,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import { bmcEventSubscription, type BMCEventSubscription, type BareMetalHost } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { recheckedBy } from '../recheck.ts';
import { hostOf, kubernetesSubscriptionStore } from './adapters/kubernetes.ts';
import { subscriptionReconciler } from './controller.ts';

export interface SubscriptionSurroundings {
  readonly client: CachedClient;
  readonly namespaces: readonly string[];
  readonly caches: HostCaches;
  readonly provisioner: Provisioner;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The subscriptions that the controller reads; make the cache once. */
export function subscriptionCache(client: CachedClient, namespaces: readonly string[]) {
  return cacheAcross(client, namespaces, bmcEventSubscription, {
    optional: true,
    indexes: { host: (subscription) => [hostOf(subscription)] },
  });
}

/** The controller of BMCEventSubscriptions. Make it once. */
export function subscriptionController(surroundings: SubscriptionSurroundings): Controller {
  const { client, namespaces, caches, provisioner, metrics, clock, log } = surroundings;
  const subscriptions = subscriptionCache(client, namespaces);
  const store = kubernetesSubscriptionStore(client, { hosts: caches.hosts, subscriptions });
  const pass = subscriptionReconciler(store, provisioner);
  return controller({
    name: 'bmceventsubscription',
    watches: [
      withoutWaiting(changesOf(subscriptions, { where: isEdited })),
      relatedTo(caches.hosts, ({ key, before, after }) =>
        nodeOf(before) === nodeOf(after) ? [] : subscriptions.byIndex('host', formatKey(key)).map(keyOf),
      ),
    ],
    reconcile: recheckedBy(pass),
    concurrency: 4,
    clock,
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
}

function isEdited({ before, after }: CacheChange<BMCEventSubscription>): boolean {
  return (
    before?.metadata.generation !== after?.metadata.generation ||
    before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp
  );
}

/** undefined for a host that is gone, empty for one without a node. */
function nodeOf(host: BareMetalHost | undefined): string | undefined {
  return host && (host.status?.provisioning.ID ?? '');
}
