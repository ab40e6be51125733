import type { IPPoolSpec } from '@metal3/metal3-api';
import { formatIp, type Ip, isIp, parseIp } from '../address/ip.ts';
import { contains, type PoolRange, type Range, rangeText } from '../address/range.ts';
import type { LedgerView } from '../ledger/ledger.ts';
import type { Plan } from './plan.ts';
import { type Refusal, refusalMessages, type RefusedAddress } from './refusal.ts';

export interface AllocationRequest {
  readonly claimName: string;
  readonly claimUid: string;
  /** The address that the claim asks for. */
  readonly requested: string | undefined;
}

/** An address with what a machine needs to use it. */
export interface Allocation {
  readonly ip: Ip;
  readonly prefix: number | undefined;
  readonly gateway: string | undefined;
  readonly dnsServers: readonly string[] | undefined;
}

export type AllocationDecision =
  | { readonly kind: 'allocate'; readonly allocation: Allocation }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

/** What is known of a pool when an address is chosen. */
export interface AllocationGround {
  readonly plan: Plan;
  readonly ledger: LedgerView;
  /** The claim that has an address, for explanations. */
  readonly holderOf: (ip: Ip) => string | undefined;
  /** Uniform in [0, 1). */
  readonly lot: () => number;
}

/**
 * Chooses the address of a claim: the one put down for it already, the one kept for its name (`preAllocations`), the one it asks for, or
 * the next one. Kept addresses are given to no other claim. Sequential: the first free address, range after range. Random: a range is
 * searched from a random place on, round its end. The work is the same however large the pool and however many are in use.
 */
export function allocate(request: AllocationRequest, ground: AllocationGround): AllocationDecision {
  const { plan, ledger } = ground;
  const { claimName, claimUid, requested } = request;
  const kept = plan.keptFor(claimName);
  const wanted = requested === undefined ? undefined : parseIp(requested);
  if (requested !== undefined && requested !== '' && wanted === undefined) {
    return refuse('AllocationFailed', 'unreadable', [{ address: requested, why: 'unreadable', claim: undefined }]);
  }
  if (kept !== undefined && wanted !== undefined && !isIp(kept, wanted)) {
    return refuse('AllocationFailed', 'conflicting', [
      { address: formatIp(kept), why: 'other-kept', claim: claimName },
    ]);
  }

  const named = kept ?? wanted;
  const held = ledger.heldFor(claimUid);
  if (held !== undefined && (named === undefined || isIp(named, held))) {
    const range = plan.ranges.find((candidate) => contains(candidate, held));
    if (range !== undefined) return give(plan, range, held);
  }
  if (named !== undefined) return giveNamed(named, kept !== undefined, ground);

  const find = plan.spec.allocationStrategy === 'random' ? randomFree : firstFree;
  for (const range of plan.ranges) {
    const value = find(range, ground);
    if (value !== undefined) return give(plan, range, { family: range.family, value });
  }
  return { kind: 'refuse', refusal: exhausted(ground) };
}

/** One address and no other: kept for the claim, or asked for. */
function giveNamed(ip: Ip, isKept: boolean, { plan, ledger, holderOf }: AllocationGround): AllocationDecision {
  const address = formatIp(ip);
  const keeper = isKept ? undefined : plan.keeperOf(ip);
  if (ledger.isTaken(ip)) {
    return refuse('AllocationFailed', 'notAvailable', [{ address, why: 'in-use', claim: holderOf(ip) }]);
  }
  if (keeper !== undefined) {
    return refuse('AllocationFailed', 'notAvailable', [{ address, why: 'kept', claim: keeper }]);
  }
  const range = plan.ranges.find((candidate) => contains(candidate, ip));
  if (range !== undefined) return give(plan, range, ip);
  const outside: RefusedAddress = { address, why: 'outside', claim: undefined };
  return isKept
    ? refuse('AllocationFailed', 'keptOutside', [outside])
    : refuse('PoolExhausted', 'exhausted', [outside]);
}

function firstFree(range: Range, ground: AllocationGround): bigint | undefined {
  return freeFrom(range, range.first, ground);
}

function randomFree(range: Range, ground: AllocationGround): bigint | undefined {
  const start = range.first + lotBelow(range.size, ground.lot);
  return freeFrom(range, start, ground) ?? freeFrom(range, range.first, ground);
}

/** A whole number from 0 to below `size`. A lot has 53 bits: large ranges take several, or the last bits of their addresses would be zero. */
function lotBelow(size: bigint, lot: () => number): bigint {
  if (size <= Number.MAX_SAFE_INTEGER) return BigInt(Math.floor(lot() * Number(size)));
  if (size <= 1n << 64n) return (size * drawWord(lot)) >> 64n;
  return (size * ((drawWord(lot) << 64n) | drawWord(lot))) >> 128n;
}

const word = new DataView(new ArrayBuffer(8));

/** 64 bits. */
function drawWord(lot: () => number): bigint {
  word.setUint32(0, lot() * 2 ** 32);
  word.setUint32(4, lot() * 2 ** 32);
  return word.getBigUint64(0);
}

function freeFrom(range: Range, from: bigint, { plan, ledger }: AllocationGround): bigint | undefined {
  let value = from;
  for (;;) {
    const free = ledger.nextFree(range, value);
    if (free > range.last) return undefined;
    value = plan.nextUnkept(range.family, free);
    if (value === free) return free;
  }
}

function give(plan: Plan, { settings }: Range, ip: Ip): AllocationDecision {
  return { kind: 'allocate', allocation: withSettings(plan, settings, ip) };
}

/** What an address of the pool comes with, whether it still is in one of its ranges or not. */
export function allocationOf(plan: Plan, ip: Ip): Allocation {
  const range = plan.ranges.find((candidate) => contains(candidate, ip));
  return withSettings(plan, range?.settings ?? {}, ip);
}

/** A range's own settings come before those of the whole pool. */
function withSettings({ spec }: Plan, settings: PoolRange, ip: Ip): Allocation {
  return {
    ip,
    prefix: prefixOf(spec, settings),
    gateway: settings.gateway ?? spec.gateway,
    dnsServers:
      settings.dnsServers !== undefined && settings.dnsServers.length > 0 ? settings.dnsServers : spec.dnsServers,
  };
}

function prefixOf(spec: IPPoolSpec, { prefix }: PoolRange): number | undefined {
  return prefix !== undefined && prefix !== 0 ? prefix : spec.prefix;
}

function exhausted({ plan, ledger }: AllocationGround): Refusal {
  const searched = plan.ranges.map((range) => ({
    range: rangeText(range),
    inUse: ledger.countIn(range),
    kept: plan.countKept(range, (ip) => !ledger.isTaken(ip)),
  }));
  return { reason: 'PoolExhausted', message: refusalMessages.exhausted, refused: [], searched };
}

function refuse(
  reason: Refusal['reason'],
  message: keyof typeof refusalMessages,
  refused: readonly RefusedAddress[],
): AllocationDecision {
  return { kind: 'refuse', refusal: { reason, message: refusalMessages[message], refused, searched: [] } };
}
