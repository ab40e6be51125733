import { formatKey } from '@metal3/kube-client';
import { hasFinalizer, hold, release, saveStatus, type Cache, type CachedClient } from '@metal3/kube-controller';
import { bmcEventSubscription, type BMCEventSubscription, type BareMetalHost } from '@metal3/metal3-api';
import { secretKind, secretValues } from '../../host/adapters/secret.ts';
import type { SubscriptionStore } from '../ports.ts';

const finalizer = 'bmceventsubscription.metal3.io';

export interface SubscriptionCaches {
  readonly hosts: Cache<BareMetalHost>;
  /** Indexed by `host`, as `hostOf` has it. */
  readonly subscriptions: Cache<BMCEventSubscription>;
}

/** `namespace/name` of the host that a subscription names. */
export function hostOf({ metadata, spec }: BMCEventSubscription): string {
  return formatKey({ namespace: metadata.namespace, name: spec.hostName ?? '' });
}

export function kubernetesSubscriptionStore(
  client: CachedClient,
  { hosts, subscriptions }: SubscriptionCaches,
): SubscriptionStore {
  return {
    find: (key) => subscriptions.find(key),
    findHost: ({ metadata, spec }) => hosts.find({ namespace: metadata.namespace, name: spec.hostName ?? '' }),
    idsOfOthers(subscription) {
      const others = subscriptions
        .byIndex('host', hostOf(subscription))
        .filter(({ metadata }) => metadata.uid !== subscription.metadata.uid);
      return new Set(others.map(({ status }) => status?.subscriptionID ?? ''));
    },
    hasFinalizer: (subscription) => hasFinalizer(subscription, finalizer),
    hold: (subscription) => hold(client, bmcEventSubscription, subscription, finalizer),
    release: (subscription) => release(client, bmcEventSubscription, subscription, finalizer),
    async findHeaders({ metadata: { namespace }, spec }) {
      // Read from the server: a Secret of somebody else's carries no label of ours, and none is put on it.
      const secret = await client.find(secretKind, { namespace, name: spec.httpHeadersRef?.name ?? '' });
      return secret && secretValues(secret).data;
    },
    saveStatus: (subscription, status) => saveStatus(client, bmcEventSubscription, subscription, status),
  };
}
