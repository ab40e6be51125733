import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { AddressSchema, PoolSchema } from '@metal3/ipam-client';
import type { KubeObject } from '@metal3/kube-client';
import type { IPPool } from '@metal3/metal3-api';
import type { PoolUsage } from '../ledger/usage.ts';
import type { GivenAddress } from '../register/ports.ts';

/** The fields of a spec that both kinds of address objects have; name servers only Metal3's. */
interface AddressSettings {
  readonly prefix?: number;
  readonly gateway?: string;
  readonly dnsServers?: readonly string[];
}

export function addressMessage({
  api,
  text,
  pool,
  claim,
  object,
}: GivenAddress): MessageInitShape<typeof AddressSchema> {
  const { spec: { prefix = 0, gateway = '', dnsServers = [] } = {} } = object as { readonly spec?: AddressSettings };
  return {
    ...identity(object),
    pool: pool.name,
    claim: claim.key.name,
    claimKind: api === 'metal3' ? 'IPClaim' : 'IPAddressClaim',
    address: text,
    prefix,
    gateway,
    dnsServers: [...dnsServers],
    ...time('createdAt', object.metadata.creationTimestamp),
    ...time('deletionRequestedAt', object.metadata.deletionTimestamp),
  };
}

export function poolMessage(
  pool: IPPool,
  { ranges, ...counts }: PoolUsage,
  waitingClaims: number,
): MessageInitShape<typeof PoolSchema> {
  const { namePrefix, allocationStrategy = 'sequential', clusterName = '' } = pool.spec;
  return {
    ...identity(pool),
    namePrefix,
    allocationStrategy,
    cluster: clusterName,
    ...inBigNumbers(counts),
    ranges: ranges.map(({ range, ...ofRange }) => ({ range, ...inBigNumbers(ofRange) })),
    waitingClaims,
    ...time('deletionRequestedAt', pool.metadata.deletionTimestamp),
  };
}

function identity({ metadata: { namespace = '', name = '', resourceVersion = '' } }: KubeObject) {
  return { namespace, name, resourceVersion };
}

function inBigNumbers({ total, used, reserved, free }: Omit<PoolUsage, 'ranges'>) {
  return { total: BigInt(total), used: BigInt(used), reserved: BigInt(reserved), free: BigInt(free) };
}

function time<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, Timestamp>> {
  if (text === undefined) return {};
  return { [name]: timestampFromMs(Date.parse(text)) } as Record<Name, Timestamp>;
}
