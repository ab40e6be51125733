import type { ObjectKey } from '@metal3/kube-client';
import type { BMCEventSubscription, BMCEventSubscriptionStatus, BareMetalHost } from '@metal3/metal3-api';

/** Where BMCEventSubscriptions are kept. */
export interface SubscriptionStore {
  find(key: ObjectKey): BMCEventSubscription | undefined;
  /** The host that it names, in its own namespace. */
  findHost(subscription: BMCEventSubscription): BareMetalHost | undefined;
  /** Ids that BMCs gave to subscriptions of this host, as others have them on record. */
  idsOfOthers(subscription: BMCEventSubscription): ReadonlySet<string>;
  hasFinalizer(subscription: BMCEventSubscription): boolean;
  hold(subscription: BMCEventSubscription): Promise<BMCEventSubscription>;
  release(subscription: BMCEventSubscription): Promise<void>;
  /** Content of the Secret that it names; undefined when there is no such Secret. */
  findHeaders(subscription: BMCEventSubscription): Promise<Readonly<Record<string, string>> | undefined>;
  saveStatus(subscription: BMCEventSubscription, status: BMCEventSubscriptionStatus): Promise<void>;
}
