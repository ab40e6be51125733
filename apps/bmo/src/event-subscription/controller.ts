import type { ObjectKey } from '@metal3/kube-client';
import type { BMCEventSubscription } from '@metal3/metal3-api';
import type { Seconds } from '../kernel.ts';
import type { NodeSubscription } from '../provisioner/bmc.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import type { NodeSnapshot } from '../provisioner/node.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { decideSubscription, failing, type SubscriptionView } from './decide.ts';
import type { SubscriptionStore } from './ports.ts';

/** A BMC that failed, or an Ironic that cannot be reached, is asked again. */
const failedRecheck: Seconds = 30;
/** Ironic is at work on the node for moments only. */
const busyRecheck: Seconds = 5;

/** One pass over one BMCEventSubscription. @returns seconds until the next pass */
export function subscriptionReconciler(
  store: SubscriptionStore,
  provisioner: Pick<Provisioner, 'findNode' | 'listSubscriptions' | 'createSubscription' | 'deleteSubscription'>,
): (key: ObjectKey) => Promise<Seconds | undefined> {
  async function pass(found: BMCEventSubscription): Promise<Seconds | undefined> {
    let subscription = found;
    let headers: SubscriptionView['headers'];
    const host = store.findHost(subscription);
    const id = host?.status?.provisioning.ID ?? '';
    const node = id === '' ? undefined : await provisioner.findNode(id);
    for (;;) {
      const hasFinalizer = store.hasFinalizer(subscription);
      const decision = decideSubscription({ subscription, hasFinalizer, host, hasNode: node !== undefined, headers });
      switch (decision.kind) {
        case 'hold':
          subscription = await store.hold(subscription);
          break;
        case 'read-headers':
          headers = (await store.findHeaders(subscription)) ?? 'missing';
          break;
        case 'create':
          return node && create(subscription, node, decision.wanted);
        case 'end':
          if (node !== undefined) await provisioner.deleteSubscription(node, decision.id);
          await store.release(subscription);
          return undefined;
        case 'release':
          await store.release(subscription);
          return undefined;
        case 'save':
          await store.saveStatus(subscription, decision.status);
          return decision.recheckIn;
        case 'rest':
          return decision.recheckIn;
      }
    }
  }

  /** One that the BMC has already, and nobody else, was made by a pass that did not live to tell. */
  async function create(
    subscription: BMCEventSubscription,
    node: NodeSnapshot,
    wanted: NodeSubscription,
  ): Promise<undefined> {
    const others = store.idsOfOthers(subscription);
    const present = (await provisioner.listSubscriptions(node)).find(
      ({ id, destination, context }) =>
        destination === wanted.destination && context === wanted.context && !others.has(id),
    );
    const subscriptionID = present?.id ?? (await provisioner.createSubscription(node, wanted));
    await store.saveStatus(subscription, { subscriptionID });
  }

  return async (key) => {
    const subscription = store.find(key);
    if (subscription === undefined) return undefined;
    try {
      return await pass(subscription);
    } catch (error) {
      if (!(error instanceof ProvisionerError)) throw error;
      if (error.code === 'busy') return busyRecheck;
      const failure = failing(store.find(key) ?? subscription, error.message, failedRecheck);
      if (failure.kind === 'save') await store.saveStatus(subscription, failure.status);
      return failedRecheck;
    }
  };
}
