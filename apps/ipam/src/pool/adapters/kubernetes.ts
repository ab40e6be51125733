import { formatKey, isKubeError, type Kind, type KubeClient, type KubeObject, keyOf } from '@metal3/kube-client';
import {
  addFinalizer,
  type Cache,
  type CachedClient,
  ownerReference,
  patchSession,
  removeFinalizer,
} from '@metal3/kube-controller';
import { type IPAddress, ipAddress, type IPClaim, ipClaim, type IPPool, ipPool } from '@metal3/metal3-api';
import { formatIp } from '../../address/ip.ts';
import { addressName } from '../../address/name.ts';
import { addressFinalizer, claimFinalizer } from '../../claim/decide.ts';
import { poolKeyOf } from '../key.ts';
import type { AddressRegister, ClaimDesk, Clusters, PoolWorld } from '../ports.ts';

export interface IpamCaches {
  readonly pools: Cache<IPPool>;
  readonly claims: Cache<IPClaim>;
  readonly addresses: Cache<IPAddress>;
}

const byPool = 'pool';

export function ipamCaches(client: CachedClient, namespace: string | undefined): IpamCaches {
  const poolIndex = { [byPool]: (object: IPClaim | IPAddress) => [formatKey(poolKeyOf(object))] };
  return {
    pools: client.cache(ipPool, { namespace }),
    claims: client.cache(ipClaim, { namespace, indexes: poolIndex }),
    addresses: client.cache(ipAddress, { namespace, indexes: poolIndex }),
  };
}

export function cachedWorld({ pools, claims, addresses }: IpamCaches): PoolWorld {
  return {
    findPool: (key) => pools.find(key),
    claimsOf: (pool) => claims.byIndex(byPool, formatKey(pool)).toSorted(oldestFirst),
    addressesOf: (pool) => addresses.byIndex(byPool, formatKey(pool)),
  };
}

/** An IPAddress object per address: its name says the address, so that creating it is the compare-and-swap. */
export function kubernetesAddressRegister(client: KubeClient): AddressRegister {
  return {
    async register(pool, claim, { ip, prefix, gateway, dnsServers }, signal) {
      const { namespace } = claim.metadata;
      const reference = ({ metadata }: KubeObject) => ({
        name: metadata.name ?? '',
        namespace: metadata.namespace ?? '',
      });
      try {
        return await client.create(
          ipAddress,
          {
            metadata: {
              name: addressName(pool.spec.namePrefix, ip),
              ...(namespace !== undefined && { namespace }),
              ...(claim.metadata.labels && { labels: claim.metadata.labels }),
              finalizers: [addressFinalizer],
              ownerReferences: [ownerReference(pool), ownerReference(claim)],
            },
            spec: {
              address: formatIp(ip),
              pool: reference(pool),
              claim: reference(claim),
              ...(prefix !== undefined && { prefix }),
              ...(gateway !== undefined && { gateway }),
              ...(dnsServers !== undefined && { dnsServers: [...dnsServers] }),
            },
          },
          { signal },
        );
      } catch (error) {
        if (isKubeError(error, 'AlreadyExists')) return 'taken';
        throw error;
      }
    },

    async release(address, signal) {
      try {
        const { uid } = address.metadata;
        const left = await client.delete(ipAddress, keyOf(address), { preconditions: { uid }, signal });
        if (left === undefined) return;
        const session = patchSession(client, ipAddress, left);
        removeFinalizer(session.draft, addressFinalizer);
        await session.save({ signal });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
  };
}

export function kubernetesClaimDesk(client: KubeClient): ClaimDesk {
  return {
    async hold(claim, signal) {
      const session = patchSession(client, ipClaim, claim);
      return addFinalizer(session.draft, claimFinalizer) ? session.save({ signal }) : claim;
    },
    async bind(claim, { metadata }, signal) {
      const address = { name: metadata.name ?? '', namespace: metadata.namespace ?? '' };
      const session = patchSession(client, ipClaim, claim);
      session.draft.status = { address };
      await session.save({ signal });
    },
    async refuse(claim, errorMessage, signal) {
      const session = patchSession(client, ipClaim, claim);
      session.draft.status = { errorMessage };
      await session.save({ signal });
    },
    async letGo(claim, signal) {
      const session = patchSession(client, ipClaim, claim);
      removeFinalizer(session.draft, claimFinalizer);
      await session.save({ signal }).catch((error: unknown) => {
        if (!isKubeError(error, 'NotFound')) throw error;
      });
    },
    async isGone({ key, uid }, signal) {
      const claim = await client.find(ipClaim, key, { signal });
      return claim?.metadata.uid !== uid;
    },
  };
}

/** cluster.x-k8s.io Cluster, the part that pools look at. */
interface Cluster extends KubeObject {
  readonly spec?: { readonly paused?: boolean };
}

const cluster: Kind<Cluster> = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  kind: 'Cluster',
  plural: 'clusters',
  namespaced: true,
};

export function kubernetesClusters(client: KubeClient): Clusters {
  return {
    async find(key, signal) {
      const found = await client.find(cluster, key, { signal });
      if (found === undefined) return undefined;
      const { name = '', uid = '' } = found.metadata;
      return { apiVersion: found.apiVersion, name, uid, paused: found.spec?.paused ?? false };
    },
  };
}

function oldestFirst({ metadata: a }: IPClaim, { metadata: b }: IPClaim): number {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1;
}
