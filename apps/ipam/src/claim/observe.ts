import type { IPPool } from '@metal3/metal3-api';
import type { Ip } from '../address/ip.ts';
import { addressName } from '../address/name.ts';
import { planOf } from '../allocation/plan.ts';
import type { Clusters } from '../cluster-api/ports.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Pools } from '../pool/ports.ts';
import { observeCluster, standingOf } from '../pool/standing/observe.ts';
import type { AddressRegister } from '../register/ports.ts';
import { type Claim, poolKeyOf } from './claim.ts';
import type { ClaimObservation, PassFindings } from './decide.ts';

/** Where a pass over a claim looks. */
export interface ClaimEyes {
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly register: Pick<AddressRegister, 'ofClaim' | 'find'>;
  readonly ledgers: Ledgers;
  /** Uniform in [0, 1). */
  readonly lot: () => number;
}

const nothingFound: PassFindings = { robbed: false, contested: new Set() };

/** Everything that the decision over a claim rests on, as this process knows it. */
export function observeClaim(claim: Claim, eyes: ClaimEyes, findings = nothingFound): ClaimObservation {
  const { pools, clusters, register, ledgers, lot } = eyes;
  const poolKey = poolKeyOf(claim);
  const pool = claim.pool?.problem === undefined ? pools.find(poolKey) : undefined;
  return {
    claim,
    pool,
    standing: standingOf(pool, eyes),
    cluster: observeCluster(claim.key.namespace, claim.clusterName, clusters),
    addresses: register.ofClaim(claim),
    findings,
    ground: pool && {
      plan: planOf(pool),
      ledger: ledgers.of(poolKey),
      holderOf: (ip) => holderOf(pool, ip, register),
      lot,
    },
  };
}

function holderOf(pool: IPPool, ip: Ip, register: Pick<AddressRegister, 'find'>): string | undefined {
  const { namespace } = pool.metadata;
  return register.find({ namespace, name: addressName(pool.spec.namePrefix, ip) })?.claim.key.name;
}
