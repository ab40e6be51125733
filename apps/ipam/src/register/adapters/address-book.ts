import {
  formatKey,
  isDeleting,
  isKubeError,
  type KubeClient,
  type KubeObject,
  keyOf,
  type NewObject,
  type OwnerReference,
} from '@metal3/kube-client';
import { type Cache, findOwner } from '@metal3/kube-controller';
import { formatIp, parseIp } from '../../address/ip.ts';
import type { AddressBook, GivenAddress, RegistryOrder } from '../ports.ts';
import { claimIndexValue, claimIndexValues } from './claim-index.ts';
import { removal } from './removal.ts';

/** What is an API's own about its address objects. */
export interface AddressKind<T extends KubeObject & { spec: object }> {
  readonly api: GivenAddress['api'];
  readonly finalizer: string;
  /** Undefined for an address of another provider: it is none of ours, whatever its name. */
  read(object: T): GivenAddress | undefined;
  draft(order: RegistryOrder): { readonly ownerReferences: OwnerReference[]; readonly spec: T['spec'] };
}

/** Indexes of a cache by which the addresses of a pool and of a claim are found. */
export function addressIndexes<T extends KubeObject & { spec: object }>(kind: AddressKind<T>) {
  const of = (value: (address: GivenAddress) => string) => (object: T) => {
    const address = kind.read(object);
    return address === undefined ? [] : [value(address)];
  };
  return { pool: of(({ pool }) => formatKey(pool)), claim: of(claimIndexValue) };
}

/**
 * The address objects of one API on Kubernetes. The kind is the cache's, which may learn its version late.
 *
 * @param isServed whether the API server has the kind at all
 */
export function addressBook<T extends KubeObject & { spec: object }>(
  kind: AddressKind<T>,
  client: KubeClient,
  cache: Cache<T>,
  isServed: () => boolean = () => true,
): AddressBook {
  const readIf = (object: T | undefined): GivenAddress | undefined => object && kind.read(object);
  const readAll = (objects: readonly T[]): GivenAddress[] => objects.flatMap((object) => kind.read(object) ?? []);
  return {
    api: kind.api,
    find: (key) => readIf(cache.find(key)),
    list: () => readAll(cache.list()),
    ofPool: (pool) => readAll(cache.byIndex('pool', formatKey(pool))),
    ofClaim: (claim) => claimIndexValues(claim).flatMap((value) => readAll(cache.byIndex('claim', value))),

    async create(order, signal) {
      const { name, claim } = order;
      const { labels } = claim.object.metadata;
      const { ownerReferences, spec } = kind.draft(order);
      const metadata = {
        name,
        namespace: claim.key.namespace ?? '',
        ...(labels && { labels }),
        finalizers: [kind.finalizer],
        ownerReferences,
      };
      try {
        return readIf(await client.create(cache.kind, { metadata, spec } as NewObject<T>, { signal })) ?? 'exists';
      } catch (error) {
        if (isKubeError(error, 'AlreadyExists')) return 'exists';
        throw error;
      }
    },

    read: async (key, signal) => (isServed() ? readIf(await client.find(cache.kind, key, { signal })) : undefined),

    ...removal(client, () => cache.kind, kind.finalizer),

    onChange: (listener) =>
      cache.onChange(({ before, after }) => listener({ before: readIf(before), after: readIf(after) })),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}

/** What both APIs say in the same way, of what their specs say each in its own. */
export function givenAddress(
  object: KubeObject,
  words: Pick<GivenAddress, 'api'> & {
    readonly address: string;
    readonly pool: string;
    readonly claim: string;
    /** Of the claim that owns the object. */
    readonly claimGroup: string;
    readonly claimKind: string;
  },
): GivenAddress {
  const { namespace, uid = '' } = object.metadata;
  const { api, address, pool, claim, claimGroup, claimKind } = words;
  const ip = parseIp(address);
  return {
    api,
    key: keyOf(object),
    uid,
    ip,
    text: ip === undefined ? address : formatIp(ip),
    pool: { namespace, name: pool },
    fromPool: findOwner(object, 'ipam.metal3.io', 'IPPool') !== undefined,
    claim: { key: { namespace, name: claim }, uid: findOwner(object, claimGroup, claimKind)?.uid ?? '' },
    deleting: isDeleting(object),
    object,
  };
}
