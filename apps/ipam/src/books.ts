import type { Clock } from '@metal3/kube-client';
import type { CachedClient } from '@metal3/kube-controller';
import type { IpamCaches } from './caches.ts';
import { claimBook } from './claim/adapters/claim-book.ts';
import { ipAddressClaims } from './claim/adapters/cluster-api.ts';
import { ipClaims } from './claim/adapters/metal3.ts';
import type { Claim } from './claim/claim.ts';
import type { ClaimBook } from './claim/ports.ts';
import { WaitingClaims } from './claim/waiting.ts';
import { cachedClusters } from './cluster-api/clusters.ts';
import type { Clusters } from './cluster-api/ports.ts';
import { Ledgers } from './ledger/ledgers.ts';
import { cachedPools } from './pool/adapters/cached-pools.ts';
import type { Pools } from './pool/ports.ts';
import { addressBook } from './register/adapters/address-book.ts';
import { clusterApiIpAddresses } from './register/adapters/cluster-api.ts';
import { ipAddresses } from './register/adapters/metal3.ts';
import type { AddressBook, AddressRegister } from './register/ports.ts';
import { addressRegister } from './register/register.ts';

/** What there is, of both APIs, and what can be done to it: the ports of every capability, on Kubernetes. */
export interface IpamBooks {
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly claims: Readonly<Record<Claim['kind'], ClaimBook>>;
  readonly addresses: Readonly<Record<Claim['kind'], AddressBook>>;
  readonly register: AddressRegister;
  readonly waiting: WaitingClaims;
  readonly ledgers: Ledgers;
}

export interface BookParts {
  readonly client: CachedClient;
  readonly caches: IpamCaches;
  readonly clock: Clock;
  /** Whether only some pools are watched. */
  readonly selective: boolean;
  /** Has a claim looked at again. */
  readonly wake: (claim: Claim) => void;
}

export function ipamBooks({ client, caches, clock, selective, wake }: BookParts): IpamBooks {
  const pools = cachedPools(caches.pools, selective);
  const claims = {
    IPClaim: claimBook(ipClaims, client, caches.claims, clock),
    IPAddressClaim: claimBook(ipAddressClaims, client, caches.clusterApi.claims, clock),
  };
  const addresses = {
    IPClaim: addressBook(ipAddresses, client, caches.addresses),
    IPAddressClaim: addressBook(
      clusterApiIpAddresses,
      client,
      caches.clusterApi.addresses,
      () => caches.clusterApi.addresses.served,
    ),
  };
  const waiting = new WaitingClaims();
  return {
    pools,
    clusters: cachedClusters(caches.clusterApi.clusters),
    claims,
    addresses,
    register: addressRegister(addresses),
    waiting,
    ledgers: new Ledgers({ pools, claims, addresses, waiting, wake, clock }),
  };
}
