import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { AddressSchema } from '@metal3/ipam-client';
import type { IPAddress } from '@metal3/metal3-api';

export function addressMessage({ metadata, spec }: IPAddress): MessageInitShape<typeof AddressSchema> {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    pool: spec.pool.name ?? '',
    claim: spec.claim.name ?? '',
    address: spec.address,
    prefix: spec.prefix ?? 0,
    gateway: spec.gateway ?? '',
    dnsServers: spec.dnsServers ?? [],
    ...(!Number.isNaN(created) && { createdAt: timestampFromMs(created) }),
  };
}
