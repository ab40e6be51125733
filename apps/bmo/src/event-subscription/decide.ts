import type { BMCEventSubscription, BMCEventSubscriptionStatus, BareMetalHost } from '@metal3/metal3-api';
import { knowsNode, stateOf } from '../host/states.ts';
import type { Seconds } from '../kernel.ts';
import type { NodeSubscription } from '../provisioner/bmc.ts';

export interface SubscriptionView {
  readonly subscription: BMCEventSubscription;
  readonly hasFinalizer: boolean;
  /** The host that it names. */
  readonly host: BareMetalHost | undefined;
  readonly hasNode: boolean;
  /** Content of the Secret that it names, or that it is not there; undefined: not read in this pass, or none is named. */
  readonly headers: Readonly<Record<string, string>> | 'missing' | undefined;
}

export type SubscriptionDecision =
  /** Hold it until the BMC has been told that it ends. *again* */
  | { readonly kind: 'hold' }
  /** Read the Secret with the headers. *again* */
  | { readonly kind: 'read-headers' }
  | { readonly kind: 'create'; readonly wanted: NodeSubscription }
  /** Tell the BMC, then let it go. */
  | { readonly kind: 'end'; readonly id: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'save'; readonly status: BMCEventSubscriptionStatus; readonly recheckIn?: Seconds }
  | { readonly kind: 'rest'; readonly recheckIn?: Seconds };

/** A Secret that is missing is not reported by a watch. */
const headersRecheck: Seconds = 30;
const noNodeRecheck: Seconds = 30;

export function decideSubscription(view: SubscriptionView): SubscriptionDecision {
  const { subscription, hasFinalizer, host } = view;
  if (subscription.metadata.deletionTimestamp !== undefined) return decideEnd(view);
  if (host === undefined) {
    const { hostName = '' } = subscription.spec;
    return failing(
      subscription,
      `BareMetalHost "${hostName}" does not exist in namespace ${namespaceOf(subscription)}`,
    );
  }
  if (!hasFinalizer) return { kind: 'hold' };
  const { subscriptionID = '' } = subscription.status ?? {};
  // What has been subscribed for is never changed: the webhook refuses it.
  return subscriptionID === '' ? decideCreation(view) : succeeding(subscription, subscriptionID);
}

function decideCreation({ subscription, hasNode, headers }: SubscriptionView): SubscriptionDecision {
  const { destination = '', context = '', httpHeadersRef, hostName = '' } = subscription.spec;
  if (!hasNode)
    return failing(subscription, `BareMetalHost "${hostName}" is not registered in Ironic yet`, noNodeRecheck);
  if (httpHeadersRef === undefined) return { kind: 'create', wanted: { destination, context, headers: {} } };
  const { name = '', namespace = '' } = httpHeadersRef;
  if (namespace !== '' && namespace !== namespaceOf(subscription)) {
    return failing(subscription, `the Secret of httpHeadersRef must be in namespace ${namespaceOf(subscription)}`);
  }
  if (headers === undefined) return { kind: 'read-headers' };
  if (headers === 'missing') {
    return failing(subscription, `Secret "${name}" of httpHeadersRef does not exist`, headersRecheck);
  }
  return { kind: 'create', wanted: { destination, context, headers } };
}

/** What never came about, or was with a host that is gone, needs no ending. */
function decideEnd({ subscription, hasFinalizer, host, hasNode }: SubscriptionView): SubscriptionDecision {
  if (!hasFinalizer) return { kind: 'rest' };
  const { subscriptionID = '' } = subscription.status ?? {};
  if (host === undefined || subscriptionID === '') return { kind: 'release' };
  if (hasNode) return { kind: 'end', id: subscriptionID };
  const state = stateOf(host.status);
  return state !== undefined && knowsNode(state) ? { kind: 'rest', recheckIn: noNodeRecheck } : { kind: 'release' };
}

/** An error is told until it is over. */
export function failing(
  { status }: BMCEventSubscription,
  error: string,
  recheckIn?: Seconds,
): Extract<SubscriptionDecision, { kind: 'save' | 'rest' }> {
  const when = recheckIn === undefined ? {} : { recheckIn };
  return status?.error === error ? { kind: 'rest', ...when } : { kind: 'save', status: { ...status, error }, ...when };
}

function succeeding({ status }: BMCEventSubscription, subscriptionID: string): SubscriptionDecision {
  return (status?.error ?? '') === '' ? { kind: 'rest' } : { kind: 'save', status: { subscriptionID } };
}

function namespaceOf({ metadata }: BMCEventSubscription): string {
  return metadata.namespace ?? '';
}
