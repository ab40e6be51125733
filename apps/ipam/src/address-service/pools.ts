import { accessGuard, keyOf, type ObjectKey } from '@metal3/kube-client';
import { type IPPool, ipPool } from '@metal3/metal3-api';
import { planOf } from '../allocation/plan.ts';
import type { IpamBooks } from '../books.ts';
import { usageOf } from '../ledger/usage.ts';
import { addressServiceErrors as errors } from './errors.ts';
import { poolMessage } from './message.ts';
import type { AddressServiceParts, Methods } from './methods.ts';
import { pageOf } from './paging.ts';
import { claimKinds, filter, isWithin, requireFields } from './request.ts';

/** Pools and how full they are. */
export function poolMethods({ client, books }: AddressServiceParts): Methods<'getPool' | 'listPools'> {
  const access = accessGuard(client, ipPool, errors.forbidden);
  const describe = (pool: IPPool) => {
    const key = keyOf(pool);
    return poolMessage(pool, usageOf(planOf(pool), books.ledgers.of(key)), countWaiting(books, key));
  };
  return {
    async getPool({ namespace, name }, { principal, signal }) {
      requireFields({ namespace, name });
      await access.require(principal, 'get', { namespace, name }, signal);
      const pool = books.pools.find({ namespace, name });
      if (pool === undefined) throw errors.poolNotFound(`name: there is no IPPool ${name} in ${namespace}`);
      return { pool: describe(pool) };
    },

    async listPools({ namespace, ...page }, { principal, signal }) {
      await access.require(principal, 'list', { namespace }, signal);
      const within = isWithin(namespace);
      const wanted = filter(books.pools.list(), ({ metadata }) => within(metadata));
      const nameOf = ({ metadata }: IPPool): string => `${metadata.namespace}/${metadata.name}`;
      const { items, nextPageToken } = pageOf(wanted, nameOf, page);
      return { pools: items.map(describe), nextPageToken };
    },
  };
}

/** Not from the waiting room, which only the replica that leads has. */
function countWaiting({ claims }: IpamBooks, pool: ObjectKey): number {
  let count = 0;
  for (const kind of claimKinds) {
    for (const { address, deleting } of claims[kind].ofPool(pool)) if (address === undefined && !deleting) count += 1;
  }
  return count;
}
