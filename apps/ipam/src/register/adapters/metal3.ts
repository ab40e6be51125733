import { formatKey, isDeleting, isKubeError, type KubeClient, keyOf } from '@metal3/kube-client';
import { type Cache, findOwner, ownerReference } from '@metal3/kube-controller';
import { type IPAddress, ipAddress } from '@metal3/metal3-api';
import { formatIp, parseIp } from '../../address/ip.ts';
import type { AddressBook, GivenAddress } from '../ports.ts';
import { claimIndexValue, claimIndexValues } from './claim-index.ts';
import { readOnce } from './read-once.ts';
import { removal } from './removal.ts';

export const ipAddressFinalizer = 'ipaddress.ipam.metal3.io';

export const ipAddressIndexes = {
  pool: (object: IPAddress) => [formatKey(readIpAddress(object).pool)],
  claim: (object: IPAddress) => [claimIndexValue(readIpAddress(object))],
};

/** Metal3's IPAddress objects. */
export function metal3Addresses(client: KubeClient, cache: Cache<IPAddress>): AddressBook {
  return {
    api: 'metal3',
    find: (key) => readIf(cache.find(key)),
    list: () => cache.list().map(readIpAddress),
    ofPool: (pool) => cache.byIndex('pool', formatKey(pool)).map(readIpAddress),
    ofClaim: (claim) => claimIndexValues(claim).flatMap((value) => cache.byIndex('claim', value).map(readIpAddress)),

    async create({ name, pool, claim, allocation: { ip, prefix, gateway, dnsServers } }, signal) {
      const namespace = claim.key.namespace ?? '';
      const { labels } = claim.object.metadata;
      const metadata = {
        name,
        namespace,
        ...(labels && { labels }),
        finalizers: [ipAddressFinalizer],
        ownerReferences: [ownerReference(pool), ownerReference(claim.object)],
      };
      const spec = {
        address: formatIp(ip),
        pool: { name: pool.metadata.name ?? '', namespace },
        claim: { name: claim.key.name, namespace },
        ...(prefix !== undefined && { prefix }),
        ...(gateway !== undefined && { gateway }),
        ...(dnsServers !== undefined && { dnsServers: [...dnsServers] }),
      };
      try {
        return readIpAddress(await client.create(ipAddress, { metadata, spec }, { signal }));
      } catch (error) {
        if (isKubeError(error, 'AlreadyExists')) return 'exists';
        throw error;
      }
    },

    read: async (key, signal) => readIf(await client.find(ipAddress, key, { signal })),

    ...removal(client, () => ipAddress, ipAddressFinalizer),

    onChange: (listener) =>
      cache.onChange(({ before, after }) => listener({ before: readIf(before), after: readIf(after) })),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}

function readIf(object: IPAddress | undefined): GivenAddress | undefined {
  return object && readIpAddress(object);
}

export const readIpAddress = readOnce((object: IPAddress): GivenAddress => {
  const { namespace, uid = '' } = object.metadata;
  const { address, claim, pool } = object.spec;
  const ip = parseIp(address);
  return {
    api: 'metal3',
    key: keyOf(object),
    uid,
    ip,
    text: ip === undefined ? address : formatIp(ip),
    pool: { namespace, name: pool.name ?? '' },
    fromPool: findOwner(object, 'ipam.metal3.io', 'IPPool') !== undefined,
    claim: {
      key: { namespace, name: claim.name ?? '' },
      uid: findOwner(object, 'ipam.metal3.io', 'IPClaim')?.uid ?? '',
    },
    deleting: isDeleting(object),
    object,
  };
});
