import { type Cache, cacheAcross, type CachedClient } from '@metal3/kube-controller';
import { type IPAddress, ipAddress, type IPClaim, ipClaim, type IPPool, ipPool } from '@metal3/metal3-api';
import { claimIndexes } from './claim/adapters/claim-book.ts';
import { ipAddressClaims } from './claim/adapters/cluster-api.ts';
import { ipClaims } from './claim/adapters/metal3.ts';
import {
  type Cluster,
  cluster,
  type ClusterApiIPAddress,
  clusterApiIpAddress,
  type IPAddressClaim,
  ipAddressClaim,
} from './cluster-api/kinds.ts';
import { LateCache } from './cluster-api/late-cache.ts';
import { addressIndexes } from './register/adapters/address-book.ts';
import { clusterApiIpAddresses } from './register/adapters/cluster-api.ts';
import { ipAddresses } from './register/adapters/metal3.ts';

/** Everything that ipam watches. */
export interface IpamCaches {
  readonly pools: Cache<IPPool>;
  readonly claims: Cache<IPClaim>;
  readonly addresses: Cache<IPAddress>;
  readonly clusterApi: {
    readonly claims: LateCache<IPAddressClaim>;
    readonly addresses: LateCache<ClusterApiIPAddress>;
    readonly clusters: LateCache<Cluster>;
  };
}

export interface WatchedPart {
  /** Empty for all. */
  readonly namespaces: readonly string[];
  /** Only pools with label `cluster.x-k8s.io/watch-filter` of this value, if it is not empty. */
  readonly watchFilter: string;
}

export function ipamCaches(client: CachedClient, { namespaces, watchFilter }: WatchedPart): IpamCaches {
  const labelSelector = watchFilter === '' ? undefined : `cluster.x-k8s.io/watch-filter=${watchFilter}`;
  return {
    pools: cacheAcross(client, namespaces, ipPool, { labelSelector }),
    claims: cacheAcross(client, namespaces, ipClaim, { indexes: claimIndexes(ipClaims) }),
    addresses: cacheAcross(client, namespaces, ipAddress, { indexes: addressIndexes(ipAddresses) }),
    clusterApi: {
      claims: new LateCache<IPAddressClaim>(client, namespaces, ipAddressClaim, {
        indexes: claimIndexes(ipAddressClaims),
      }),
      addresses: new LateCache<ClusterApiIPAddress>(client, namespaces, clusterApiIpAddress, {
        indexes: addressIndexes(clusterApiIpAddresses),
      }),
      clusters: new LateCache<Cluster>(client, namespaces, cluster),
    },
  };
}
