import { ownerReference } from '@metal3/kube-controller';
import { formatIp } from '../../address/ip.ts';
import type { ClusterApiIPAddress } from '../../cluster-api/kinds.ts';
import type { GivenAddress } from '../ports.ts';
import { type AddressKind, givenAddress } from './address-book.ts';
import { readOnce } from './read-once.ts';

export const clusterApiAddressFinalizer = 'ipam.metal3.io/ipaddress';

/** Cluster API's IPAddress objects, those of our pools. */
export const clusterApiIpAddresses: AddressKind<ClusterApiIPAddress> = {
  api: 'cluster-api',
  finalizer: clusterApiAddressFinalizer,

  draft({ pool, claim, allocation: { ip, prefix, gateway } }) {
    return {
      // As the contract has it: the claim manages the address, the pool only must not go before it.
      ownerReferences: [
        ownerReference(claim.object, { controller: true, blockOwnerDeletion: true }),
        ownerReference(pool, { controller: false, blockOwnerDeletion: true }),
      ],
      spec: {
        address: formatIp(ip),
        claimRef: { name: claim.key.name },
        poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: pool.metadata.name ?? '' },
        // The field must be there; upstream writes 0 for a pool without one, too.
        prefix: prefix ?? 0,
        ...(gateway !== undefined && { gateway }),
      },
    };
  },

  read(object) {
    const { apiGroup, kind } = object.spec.poolRef;
    return apiGroup === 'ipam.metal3.io' && kind === 'IPPool' ? readOurs(object) : undefined;
  },
};

const readOurs = readOnce((object: ClusterApiIPAddress): GivenAddress => {
  const { address, claimRef, poolRef } = object.spec;
  const claimOwner = { claimGroup: 'ipam.cluster.x-k8s.io', claimKind: 'IPAddressClaim' };
  const words = { api: 'cluster-api', address, pool: poolRef.name, claim: claimRef.name } as const;
  return givenAddress(object, { ...words, ...claimOwner });
});
