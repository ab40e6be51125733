import { ownerReference } from '@metal3/kube-controller';
import type { IPAddress } from '@metal3/metal3-api';
import { formatIp } from '../../address/ip.ts';
import { type AddressKind, givenAddress } from './address-book.ts';
import { readOnce } from './read-once.ts';

export const ipAddressFinalizer = 'ipaddress.ipam.metal3.io';

/** Metal3's IPAddress objects. */
export const ipAddresses: AddressKind<IPAddress> = {
  api: 'metal3',
  finalizer: ipAddressFinalizer,

  draft({ pool, claim, allocation: { ip, prefix, gateway, dnsServers } }) {
    const namespace = claim.key.namespace ?? '';
    return {
      ownerReferences: [ownerReference(pool), ownerReference(claim.object)],
      spec: {
        address: formatIp(ip),
        pool: { name: pool.metadata.name ?? '', namespace },
        claim: { name: claim.key.name, namespace },
        ...(prefix !== undefined && { prefix }),
        ...(gateway !== undefined && { gateway }),
        ...(dnsServers !== undefined && { dnsServers: [...dnsServers] }),
      },
    };
  },

  read: readOnce((object) => {
    const { address, claim, pool } = object.spec;
    const claimOwner = { claimGroup: 'ipam.metal3.io', claimKind: 'IPClaim' };
    const words = { api: 'metal3', address, pool: pool.name ?? '', claim: claim.name ?? '' } as const;
    return givenAddress(object, { ...words, ...claimOwner });
  }),
};
