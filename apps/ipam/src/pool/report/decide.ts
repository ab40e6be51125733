import { sameJson } from '@metal3/kube-client';
import {
  type Condition,
  type ConditionFinding,
  metaTime,
  removeCondition,
  setCondition,
} from '@metal3/kube-controller';
import type { IPPoolStatus } from '@metal3/metal3-api';
import type { PoolUsage } from '../../ledger/usage.ts';
import type { GivenAddress } from '../../register/ports.ts';
import type { PoolStanding } from '../standing/decide.ts';

/** Entries of `status.indexes` beyond which it is cut: an object in etcd ends at 1.5 MiB, and is written whole each time. */
export const mostIndexes = 10_000;

export interface PoolReport {
  readonly present: IPPoolStatus | undefined;
  readonly addresses: Iterable<GivenAddress>;
  readonly usage: PoolUsage;
  readonly standing: PoolStanding;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The status that a pool should have; the same object as `present` if it has it. */
export function decideReport({ present = {}, addresses, usage, standing, now }: PoolReport): IPPoolStatus {
  const all = indexesOf(addresses);
  const indexes = all.size <= mostIndexes ? Object.fromEntries(all) : cut(all, present.indexes ?? {});
  const { ranges, ...counts } = usage;
  const said = { indexes, addresses: counts, ranges: ranges.map((range) => ({ ...range })) };
  const conditions = conditionsOf(present.conditions as Condition[] | undefined, all.size, standing, now);
  const { lastUpdated: _when, ...before } = present;
  const after = { ...before, ...said, conditions };
  return sameStatus(before, after) ? present : { ...after, lastUpdated: metaTime(now) };
}

/** Claim name to address. Where claims of both kinds have one name, that of Cluster API is told with its kind. */
function indexesOf(addresses: Iterable<GivenAddress>): Map<string, string> {
  const metal3 = new Map<string, string>();
  const clusterApi: [name: string, text: string][] = [];
  for (const { api, claim, ip, text } of addresses) {
    if (ip === undefined || claim.key.name === '') continue;
    if (api === 'metal3') metal3.set(claim.key.name, text);
    else clusterApi.push([claim.key.name, text]);
  }
  for (const [name, text] of clusterApi) metal3.set(metal3.has(name) ? `IPAddressClaim/${name}` : name, text);
  return metal3;
}

/** What is told already stays, so that the object changes as little as it can. */
function cut(all: ReadonlyMap<string, string>, present: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.keys(present).filter((name) => all.has(name));
  const names = new Set(kept.slice(0, mostIndexes));
  for (const name of all.keys()) {
    if (names.size >= mostIndexes) break;
    names.add(name);
  }
  return Object.fromEntries([...names].map((name) => [name, all.get(name) ?? '']));
}

function conditionsOf(
  present: Condition[] | undefined,
  inUse: number,
  standing: PoolStanding,
  now: number,
): Condition[] {
  const ready = setCondition(present, readiness(standing), now);
  if (inUse <= mostIndexes) return removeCondition(ready, 'IndexesTruncated');
  const message = `status.indexes holds ${mostIndexes} of ${inUse} addresses; list the IPAddress objects for all of them`;
  return setCondition(ready, { type: 'IndexesTruncated', status: 'True', reason: 'TooManyAddresses', message }, now);
}

function readiness(standing: PoolStanding): ConditionFinding {
  switch (standing.kind) {
    case 'deleting':
      return { type: 'Ready', status: 'False', reason: 'Deleting', message: 'waits until its last address is back' };
    case 'not-ready':
      return { type: 'Ready', status: 'False', reason: 'ClusterNotFound', message: standing.why };
    default:
      return { type: 'Ready', status: 'True', reason: 'Ready' };
  }
}

function sameStatus(before: IPPoolStatus, after: IPPoolStatus): boolean {
  const { indexes: was = {}, ...restBefore } = before;
  const { indexes: is = {}, ...restAfter } = after;
  return sameMap(was, is) && sameJson(restBefore, restAfter);
}

function sameMap(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
