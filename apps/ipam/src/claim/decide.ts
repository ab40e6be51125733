import type { IPPool } from '@metal3/metal3-api';
import { addressName, ipOfName, isObjectName } from '../address/name.ts';
import { allocate, type Allocation, allocationOf, type AllocationGround } from '../allocation/allocate.ts';
import { describeRefusal, type Refusal } from '../allocation/refusal.ts';
import type { PoolStanding } from '../pool/standing/decide.ts';
import type { GivenAddress } from '../register/ports.ts';
import type { Claim, ClaimVerdict } from './claim.ts';
import type { WaitingFor } from './waiting.ts';

/** What a pass has learnt from the API server, past the caches. */
export interface PassFindings {
  /** Somebody else has the address that the claim was told. */
  readonly robbed: boolean;
  /** Names of addresses of this claim that a claim of the other kind has, too, or that are going. */
  readonly contested: ReadonlySet<string>;
}

/** What is known of one claim when a pass over it begins. */
export interface ClaimObservation {
  readonly claim: Claim;
  /** The pool that it names, and whether addresses of it may be given out or taken back now. */
  readonly pool: IPPool | undefined;
  readonly standing: PoolStanding;
  /** The Cluster that the claim itself names. */
  readonly cluster: 'none' | 'missing' | { readonly paused: boolean };
  /** The addresses that were made for this very claim. */
  readonly addresses: readonly GivenAddress[];
  /** What has turned out since the pass began. */
  readonly findings: PassFindings;
  /** Undefined without a pool. */
  readonly ground: AllocationGround | undefined;
}

export type ClaimDecision =
  /** Not ours, or nothing to do. */
  | { readonly kind: 'settled' }
  /** Deleted, but someone else still holds it (a finalizer other than ours): its address is in use. */
  | { readonly kind: 'in-use' }
  /** Nothing may be written now. */
  | { readonly kind: 'wait'; readonly waitingFor: WaitingFor; readonly why: string }
  | { readonly kind: 'release'; readonly addresses: readonly GivenAddress[] }
  /** The claim has its address, and others that were made for it in vain. */
  | { readonly kind: 'drop'; readonly surplus: readonly GivenAddress[] }
  /** An address that was made for the claim goes back before the claim is told of it; the verdict says why, and which. */
  | { readonly kind: 'give-up'; readonly address: GivenAddress; readonly verdict: ClaimVerdict }
  /** The address is there, the claim does not say so yet. */
  | { readonly kind: 'bind'; readonly address: GivenAddress }
  /** `restores`: the claim has been told this address before. */
  | { readonly kind: 'allocate'; readonly allocation: Allocation; readonly pool: IPPool; readonly restores: boolean }
  | {
      readonly kind: 'refuse';
      readonly waitingFor: WaitingFor;
      readonly verdict: ClaimVerdict;
      /** How an address was looked for; undefined when it did not come to that. */
      readonly refusal?: Refusal;
    };

/**
 * Decides what to do for one claim. A refusal is no end: the claim is looked at again when what it waits for changes.
 */
export function decideClaim(observation: ClaimObservation): ClaimDecision {
  const { claim, standing, cluster } = observation;
  if (claim.pool === undefined && !claim.held) return { kind: 'settled' };
  if (claim.paused) return { kind: 'wait', waitingFor: { what: 'pool' }, why: 'the claim is paused by annotation' };
  if (standing.kind === 'paused')
    return { kind: 'wait', waitingFor: { what: 'pool' }, why: `the pool is paused: ${standing.why}` };
  if (typeof cluster === 'object' && cluster.paused) {
    return { kind: 'wait', waitingFor: { what: 'cluster' }, why: `Cluster ${claim.clusterName} is paused` };
  }
  return claim.deleting ? decideDeleted(observation) : decideAlive(observation);
}

function decideDeleted({ claim, addresses }: ClaimObservation): ClaimDecision {
  if (!claim.held) return { kind: 'settled' };
  if (!claim.inUse) return { kind: 'release', addresses };
  // Nobody tells a deleted claim anything any more: what it has not been told is not in use.
  const surplus = addresses.filter(({ key }) => key.name !== claim.address);
  return surplus.length > 0 ? { kind: 'drop', surplus } : { kind: 'in-use' };
}

function decideAlive({ claim, pool, standing, cluster, addresses, findings, ground }: ClaimObservation): ClaimDecision {
  const bound = addresses.find(({ key }) => key.name === claim.address);
  if (bound !== undefined) return decideBound(claim, bound, addresses);

  if (claim.pool?.problem !== undefined) return refuseFor('pool', 'InvalidPoolReference', claim.pool.problem);
  if (cluster === 'missing') {
    return { kind: 'wait', waitingFor: { what: 'cluster' }, why: `Cluster ${claim.clusterName} is not there` };
  }
  if (claim.address !== undefined && !findings.robbed) {
    const restored = decideLost(claim.address, pool, ground);
    if (restored !== undefined) return restored;
  }
  const address = addresses.find(({ deleting, key }) => !deleting && !findings.contested.has(key.name));
  if (address !== undefined) return { kind: 'bind', address };
  const going = claim.address === undefined ? addresses.find(({ deleting }) => deleting) : undefined;
  if (going !== undefined) return giveUp(going, 'which is being deleted');

  switch (standing.kind) {
    case 'absent':
      return refuseFor('pool', 'PoolNotFound', `IPPool ${claim.pool?.name} does not exist`, 'silently');
    case 'deleting':
      return refuseFor('pool', 'PoolDeleting', `IPPool ${claim.pool?.name} is being deleted`);
    case 'not-ready':
      return { kind: 'wait', waitingFor: { what: 'pool' }, why: standing.why };
    default:
  }
  if (pool === undefined || ground === undefined) return { kind: 'settled' };

  const request = { claimName: claim.key.name, claimUid: claim.uid, requested: claim.requested };
  const decision = allocate(request, ground);
  if (decision.kind === 'allocate') {
    const name = addressName(pool.spec.namePrefix, decision.allocation.ip);
    return isObjectName(name)
      ? { ...decision, pool, restores: false }
      : refuseFor('pool', 'AllocationFailed', unusable(name));
  }
  const contested = addresses.find(({ key }) => findings.contested.has(key.name));
  // Two claims of different kinds have the last address, and neither knows. That of Cluster API gives way.
  if (contested !== undefined && claim.kind === 'IPAddressClaim') {
    return giveUp(contested, 'which a claim of the other kind has, too');
  }
  const { refusal } = decision;
  const { reason, message } = refusal;
  return {
    kind: 'refuse',
    waitingFor: contested === undefined ? waitingFor(refusal) : { what: 'any-address', orThis: contested.text },
    verdict: { ready: false, reason, message: describeRefusal(refusal), errorMessage: message },
    refusal,
  };
}

/** The UID makes the message one that no claim has been told before. */
function giveUp(address: GivenAddress, why: string): ClaimDecision {
  const message = `gives up ${address.key.name} (UID ${address.uid}), ${why}`;
  return { kind: 'give-up', address, verdict: { ready: false, reason: 'AllocationFailed', message } };
}

function unusable(name: string): string {
  const rule = 'lower case letters, digits and dashes, 253 characters at most';
  return `spec.namePrefix of the pool makes the name ${name}, which Kubernetes does not take (${rule}): make another pool`;
}

function decideBound(claim: Claim, bound: GivenAddress, addresses: readonly GivenAddress[]): ClaimDecision {
  if (claim.told?.ready !== true) return { kind: 'bind', address: bound };
  const surplus = addresses.filter((address) => address !== bound);
  return surplus.length > 0 ? { kind: 'drop', surplus } : { kind: 'settled' };
}

/**
 * The claim was told an address whose object does not show: someone has removed it by force, or another instance has just made it. The
 * machine uses the address in either case, so that very object is made, or found to be there.
 */
function decideLost(
  name: string,
  pool: IPPool | undefined,
  ground: AllocationGround | undefined,
): ClaimDecision | undefined {
  if (pool === undefined || ground === undefined) {
    return { kind: 'wait', waitingFor: { what: 'pool' }, why: `address ${name} is not there, nor is its pool` };
  }
  const ip = ipOfName(pool.spec.namePrefix, name);
  if (ip === undefined) return undefined;
  return { kind: 'allocate', allocation: allocationOf(ground.plan, ip), pool, restores: true };
}

/** Only an address that somebody has can come free by itself; everything else takes a change of the pool or of the claim. */
function waitingFor({ reason, refused }: Refusal): WaitingFor {
  const [first] = refused;
  if (first === undefined) return reason === 'PoolExhausted' ? { what: 'any-address' } : { what: 'pool' };
  return first.why === 'in-use' ? { what: 'address', address: first.address } : { what: 'pool' };
}

/** 'silently': upstream's field stays empty, since what is missing may come any moment. */
function refuseFor(what: 'pool' | 'cluster', reason: string, message: string, how?: 'silently'): ClaimDecision {
  const errorMessage = how === 'silently' ? undefined : message;
  return { kind: 'refuse', waitingFor: { what }, verdict: { ready: false, reason, message, errorMessage } };
}
