import { implement, type ServiceImplementation } from '@metal3/grpc';
import { AddressService, WatchAddressesResponse_Kind as Kind } from '@metal3/ipam-client';
import { accessGuard, isKubeError, type KubeClient, type ObjectKey } from '@metal3/kube-client';
import { followCache } from '@metal3/kube-controller';
import { type IPAddress, ipAddress, type IPClaim, ipClaim } from '@metal3/metal3-api';
import type { IpamCaches } from '../caches.ts';
import { requestAnnotation } from '../claim/claim.ts';
import { addressServiceErrors as errors } from './errors.ts';
import { addressMessage } from './message.ts';

export interface AddressServiceParts {
  readonly client: KubeClient;
  readonly caches: IpamCaches;
}

/** Addresses by gRPC. Claims made and released here are those that a person would make with kubectl. */
export function addressService({ client, caches }: AddressServiceParts): ServiceImplementation {
  const { claims, addresses } = caches;
  const claimAccess = accessGuard(client, ipClaim, errors.forbidden);
  const addressAccess = accessGuard(client, ipAddress, errors.forbidden);

  const addressOfClaim = (claim: IPClaim | undefined): IPAddress | undefined => {
    const name = claim?.status?.address?.name;
    return name === undefined ? undefined : addresses.find({ namespace: claim?.metadata.namespace, name });
  };

  const selects =
    (namespace: string, pool: string) =>
    ({ metadata, spec }: IPAddress): boolean =>
      (namespace === '' || metadata.namespace === namespace) && (pool === '' || spec.pool.name === pool);

  return implement(AddressService, {
    async getAddress({ namespace, name, claim }, call) {
      if (name === '' && claim === '') throw errors.incomplete('name or claim must be given');
      await addressAccess.require(call.principal, 'get', { namespace, name }, call.signal);
      const found =
        name === '' ? addressOfClaim(claims.find({ namespace, name: claim })) : addresses.find({ namespace, name });
      if (found === undefined) {
        throw errors.notFound(`there is no address ${name === '' ? `of claim ${claim}` : name} in ${namespace}`);
      }
      return { address: addressMessage(found) };
    },

    async listAddresses({ namespace, pool }, call) {
      await addressAccess.require(call.principal, 'list', { namespace }, call.signal);
      return { addresses: addresses.list({ where: selects(namespace, pool) }).map(addressMessage) };
    },

    async *watchAddresses({ namespace, pool }, call) {
      await addressAccess.require(call.principal, 'watch', { namespace }, call.signal);
      for await (const news of followCache(addresses, selects(namespace, pool), call.signal)) {
        if (news.kind === 'synced') yield { kind: Kind.SYNCED };
        else {
          const { object } = news;
          yield {
            kind: kinds[news.kind],
            address: addressMessage(object),
            token: object.metadata.resourceVersion ?? '',
          };
        }
      }
    },

    async allocateAddress({ namespace, pool, claim, requestedAddress }, call) {
      for (const [field, value] of Object.entries({ namespace, pool, claim })) {
        if (value === '') throw errors.incomplete(`${field} is missing`);
      }
      await claimAccess.require(call.principal, 'create', { namespace, name: claim }, call.signal);
      const made = await ensureClaim({ namespace, name: claim }, pool, requestedAddress, call.signal);
      if (made.spec.pool.name !== pool) {
        throw errors.otherPool(`the claim ${claim} is one of pool ${made.spec.pool.name}, not of ${pool}`);
      }
      return { address: addressMessage(await whenServed(made, call.signal)) };
    },

    async releaseAddress({ namespace, claim }, call) {
      await claimAccess.require(call.principal, 'delete', { namespace, name: claim }, call.signal);
      try {
        await client.delete(ipClaim, { namespace, name: claim }, { signal: call.signal });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
      return {};
    },
  });

  async function ensureClaim(key: ObjectKey, pool: string, requested: string, signal: AbortSignal): Promise<IPClaim> {
    const { namespace = '', name } = key;
    const annotations = requested === '' ? {} : { annotations: { [requestAnnotation]: requested } };
    const claim = { metadata: { namespace, name, ...annotations }, spec: { pool: { namespace, name: pool } } };
    try {
      return await client.create(ipClaim, claim, { signal });
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
      return client.get(ipClaim, key, { signal });
    }
  }

  /** The address of a claim once it has one. A refusal is told at once: waiting for somebody to let go takes a person. */
  async function whenServed({ metadata }: IPClaim, signal: AbortSignal): Promise<IPAddress> {
    const isMine = (claim: IPClaim): boolean => claim.metadata.uid === metadata.uid;
    for await (const news of followCache(claims, isMine, signal)) {
      if (news.kind === 'synced' || news.kind === 'deleted') continue;
      const claim = news.object;
      if (claim.status?.errorMessage !== undefined)
        throw errors.refused(`${metadata.name}: ${claim.status.errorMessage}`);
      const { name } = claim.status?.address ?? {};
      if (name !== undefined) {
        const key = { namespace: metadata.namespace, name };
        return addresses.find(key) ?? (await client.get(ipAddress, key, { signal }));
      }
    }
    throw signal.reason;
  }
}

const kinds = { snapshot: Kind.SNAPSHOT, changed: Kind.CHANGED, deleted: Kind.DELETED } as const;
