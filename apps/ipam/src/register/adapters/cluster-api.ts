import { formatKey, isDeleting, isKubeError, type KubeClient, keyOf } from '@metal3/kube-client';
import { findOwner, ownerReference } from '@metal3/kube-controller';
import { formatIp, parseIp } from '../../address/ip.ts';
import type { ClusterApiIPAddress } from '../../cluster-api/kinds.ts';
import type { LateCache } from '../../cluster-api/late-cache.ts';
import type { AddressBook, GivenAddress } from '../ports.ts';
import { claimIndexValue, claimIndexValues } from './claim-index.ts';
import { readOnce } from './read-once.ts';
import { removal } from './removal.ts';

export const clusterApiAddressFinalizer = 'ipam.metal3.io/ipaddress';

export const clusterApiAddressIndexes = {
  pool: (object: ClusterApiIPAddress) => ours(object).map(({ pool }) => formatKey(pool)),
  claim: (object: ClusterApiIPAddress) => ours(object).map(claimIndexValue),
};

/** Cluster API's IPAddress objects, those of our pools. */
export function clusterApiAddresses(client: KubeClient, cache: LateCache<ClusterApiIPAddress>): AddressBook {
  return {
    api: 'cluster-api',
    find: (key) => readIf(cache.find(key)),
    list: () => cache.list().flatMap(ours),
    ofPool: (pool) => cache.byIndex('pool', formatKey(pool)).flatMap(ours),
    ofClaim: (claim) => claimIndexValues(claim).flatMap((value) => cache.byIndex('claim', value).flatMap(ours)),

    async create({ name, pool, claim, allocation: { ip, prefix, gateway } }, signal) {
      const namespace = claim.key.namespace ?? '';
      const { labels } = claim.object.metadata;
      const metadata = {
        name,
        namespace,
        ...(labels && { labels }),
        finalizers: [clusterApiAddressFinalizer],
        // As the contract has it: the claim manages the address, the pool only must not go before it.
        ownerReferences: [
          ownerReference(claim.object, { controller: true, blockOwnerDeletion: true }),
          ownerReference(pool, { controller: false, blockOwnerDeletion: true }),
        ],
      };
      const spec = {
        address: formatIp(ip),
        claimRef: { name: claim.key.name },
        poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: pool.metadata.name ?? '' },
        // The field must be there; upstream writes 0 for a pool without one, too.
        prefix: prefix ?? 0,
        ...(gateway !== undefined && { gateway }),
      };
      try {
        return read(await client.create(cache.kind, { metadata, spec }, { signal }));
      } catch (error) {
        if (isKubeError(error, 'AlreadyExists')) return 'exists';
        throw error;
      }
    },

    read: async (key, signal) => (cache.served ? readIf(await client.find(cache.kind, key, { signal })) : undefined),

    ...removal(client, () => cache.kind, clusterApiAddressFinalizer),

    onChange: (listener) =>
      cache.onChange(({ before, after }) => listener({ before: readIf(before), after: readIf(after) })),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}

/** An address of another provider is none of ours, whatever its name. */
function ours(object: ClusterApiIPAddress): readonly GivenAddress[] {
  const { apiGroup, kind } = object.spec.poolRef;
  return apiGroup === 'ipam.metal3.io' && kind === 'IPPool' ? [read(object)] : [];
}

function readIf(object: ClusterApiIPAddress | undefined): GivenAddress | undefined {
  return object && ours(object)[0];
}

const read = readOnce((object: ClusterApiIPAddress): GivenAddress => {
  const { namespace, uid = '' } = object.metadata;
  const { address, claimRef, poolRef } = object.spec;
  const ip = parseIp(address);
  return {
    api: 'cluster-api',
    key: keyOf(object),
    uid,
    ip,
    text: ip === undefined ? address : formatIp(ip),
    pool: { namespace, name: poolRef.name },
    fromPool: findOwner(object, 'ipam.metal3.io', 'IPPool') !== undefined,
    claim: {
      key: { namespace, name: claimRef.name },
      uid: findOwner(object, 'ipam.cluster.x-k8s.io', 'IPAddressClaim')?.uid ?? '',
    },
    deleting: isDeleting(object),
    object,
  };
});
