import { formatKey, keyOf, mergePatchOf, unlessGone, type Kind, type Namespace } from '@metal3/kube-client';
import {
  hasFinalizer,
  hold,
  release,
  saveStatus,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  hostClaim,
  type BareMetalHost,
  type HardwareData,
  type HostClaim,
  type HostDeployPolicy,
} from '@metal3/metal3-api';
import { annotations } from '../../host/annotations.ts';
import { consumerOf } from '../consumer.ts';
import type { ClaimBook, HostPool } from '../ports.ts';

const finalizer = 'metal3.io/hostclaim';

export interface ClaimCaches {
  /** Indexed by `waiting`. */
  readonly claims: Cache<HostClaim>;
  /** Indexed by `claim`, as `claimsHolding` has it. */
  readonly hosts: Cache<BareMetalHost>;
  readonly hardware: Cache<HardwareData>;
  readonly policies: Cache<HostDeployPolicy>;
  readonly namespaces: Cache<Namespace>;
}

export function kubernetesClaimBook(client: CachedClient, { claims }: ClaimCaches, events: EventRecorder): ClaimBook {
  return {
    find: (key) => claims.find(key),
    hasFinalizer: (claim) => hasFinalizer(claim, finalizer),
    hold: (claim) => hold(client, hostClaim, claim, finalizer),
    release: (claim) => release(client, hostClaim, claim, finalizer),
    saveStatus: (claim, status) => saveStatus(client, hostClaim, claim, status),
    saveReservation(claim, status) {
      const { resourceVersion } = claim.metadata;
      const body = { ...mergePatchOf({ status: claim.status }, { status }), metadata: { resourceVersion } };
      return client.patchStatus(hostClaim, keyOf(claim), { type: 'merge', body });
    },
    dropReboot: (claim) =>
      client.patch(hostClaim, keyOf(claim), {
        type: 'merge',
        body: { metadata: { annotations: { [annotations.reboot]: null } } },
      }),
    tellTaken: (claim, { metadata: { namespace = '', name = '' } }) =>
      events.normal(claim, 'BareMetalHostAssociated', `BareMetalHost ${namespace}/${name} is this claim's`),
  };
}

/** @param lot a number in [0, 1), another one each time */
export function kubernetesHostPool(client: CachedClient, caches: ClaimCaches, lot: () => number): HostPool {
  const { hosts, hardware, policies, namespaces } = caches;
  const kind: Kind<BareMetalHost> = bareMetalHost;

  /** As it was read, or not at all: so of two claims that want one host, one gets it. */
  const write = (
    host: BareMetalHost,
    { metadata, ...rest }: { readonly metadata?: object; readonly spec?: object },
  ) => {
    const body = { ...rest, metadata: { ...metadata, resourceVersion: host.metadata.resourceVersion } };
    return client.patch(kind, keyOf(host), { type: 'merge', body });
  };

  return {
    findHostOf: (claim) => hosts.byIndex('claim', formatKey(keyOf(claim)))[0],
    hasHardware: (host) => hardware.find(keyOf(host)) !== undefined,
    offerTo(claim) {
      if (!policies.synced || !hosts.synced) return undefined;
      const { namespace = '' } = claim.metadata;
      const { labels = {} } = namespaces.find({ name: namespace })?.metadata ?? {};
      return { claim, home: { name: namespace, labels }, policies: policies.list(), hosts: hosts.list(), lot: lot() };
    },
    take: (host, claim) => write(host, { spec: { consumerRef: consumerOf(claim) } }),
    change: write,
    async letGo(host) {
      await unlessGone(write(host, { spec: { consumerRef: null } }));
    },
  };
}
