import { isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import { ownerReference, patchSession, removeFinalizer, type Cache } from '@metal3/kube-controller';
import { ipAddress, ipClaim, type IPClaim, type Metal3Data } from '@metal3/metal3-api';
import { clusterApiIPAddress, ipAddressClaim, type IPAddressClaim } from '../../cluster-api/ipam-kinds.ts';
import { dataFinalizer } from '../finalizer.ts';
import type { AddressDesk, Allocation } from '../ports.ts';
import { isMetal3Pool, type PoolRef } from '../rendering/pools.ts';

export interface AddressClaimCaches {
  readonly ipClaims: Cache<IPClaim>;
  readonly ipAddressClaims: Cache<IPAddressClaim>;
}

/**
 * Claims in Kubernetes: IPClaims for Metal3's pools, Cluster API's IPAddressClaims for all others. A claim is ours when it is owned
 * by the data; one of the same name that is not is waited for to go.
 *
 * @param preallocation names claims after the host instead of the data, so that whoever made the pool can know them beforehand
 */
export function kubernetesAddressDesk(
  client: KubeClient,
  { ipClaims, ipAddressClaims }: AddressClaimCaches,
  { preallocation }: { readonly preallocation: boolean },
): AddressDesk {
  return {
    async claim(data, pool, host) {
      const { name: dataName = '', namespace = '' } = data.metadata;
      const named = (prefix: string) => ({ namespace, name: `${prefix}-${pool.name}` });
      const metal3 = isMetal3Pool(pool);
      const cache: Cache<IPClaim | IPAddressClaim> = metal3 ? ipClaims : ipAddressClaims;
      const key = named(preallocation && metal3 ? host : dataName);
      const present = cache.find(key);
      if (present === undefined) {
        if (!cache.synced) return waiting(`${cache.kind.kind}s cannot be made: is ${cache.kind.group} installed?`);
        return create(data, pool, key.name, metal3);
      }
      if (!isOwnedBy(present, data)) return waiting(`${cache.kind.kind} ${key.name} belongs to somebody else`);
      return metal3 ? metal3Answer(present as IPClaim, pool) : clusterApiAnswer(present as IPAddressClaim, pool);
    },

    async release(data) {
      const { namespace } = data.metadata;
      const where = (claim: KubeObject) => isOwnedBy(claim, data);
      for (const claim of ipClaims.list({ namespace, where })) await letGo(ipClaim, claim);
      for (const claim of ipAddressClaims.list({ namespace, where })) await letGo(ipAddressClaim, claim);
    },
  };

  async function create(data: Metal3Data, pool: PoolRef, name: string, metal3: boolean): Promise<Allocation> {
    const { namespace = '', labels } = data.metadata;
    const metadata = {
      name,
      namespace,
      finalizers: [dataFinalizer],
      ownerReferences: [ownerReference(data, { controller: true })],
      ...(labels !== undefined && { labels }),
    };
    try {
      if (metal3) await client.create(ipClaim, { metadata, spec: { pool: { name: pool.name, namespace } } });
      else await client.create(ipAddressClaim, { metadata, spec: { poolRef: pool } });
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    }
    return waiting(`pool ${pool.name} has been asked for an address`);
  }

  async function metal3Answer({ metadata, status }: IPClaim, pool: PoolRef): Promise<Allocation> {
    if (status?.errorMessage) return failed(pool, status.errorMessage);
    const name = status?.address?.name;
    if (name === undefined) return waiting(`pool ${pool.name} has not given an address yet`);
    const found = await client.find(ipAddress, { namespace: metadata.namespace, name });
    if (found === undefined) return waiting(`IPAddress ${name} is not there yet`);
    const { address, prefix, gateway, dnsServers = [] } = found.spec;
    return { kind: 'given', address: { address, prefix, gateway, dnsServers } };
  }

  async function clusterApiAnswer({ metadata, status }: IPAddressClaim, pool: PoolRef): Promise<Allocation> {
    const name = status?.addressRef?.name;
    if (!name) {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'False' && ready.message
        ? waiting(`pool ${pool.name}: ${ready.message}`)
        : waiting(`pool ${pool.name} has not given an address yet`);
    }
    const found = await client.find(clusterApiIPAddress, { namespace: metadata.namespace, name });
    if (found === undefined) return waiting(`IPAddress ${name} is not there yet`);
    const { address, prefix, gateway } = found.spec;
    return { kind: 'given', address: { address, prefix, gateway, dnsServers: [] } };
  }

  async function letGo<T extends KubeObject>(kind: Kind<T>, claim: T): Promise<void> {
    const session = patchSession(client, kind, claim, { owned: ['metadata.finalizers'] });
    removeFinalizer(session.draft, dataFinalizer);
    try {
      await session.save();
      const { namespace, name = '' } = claim.metadata;
      await client.delete(kind, { namespace, name });
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
  }
}

const waiting = (reason: string): Allocation => ({ kind: 'wait', reason });

function failed(pool: PoolRef, message: string): Allocation {
  return { kind: 'failed', message: `IP Allocation for ${pool.name} failed : ${message}` };
}

function isOwnedBy({ metadata }: KubeObject, data: Metal3Data): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === data.metadata.uid) === true;
}
