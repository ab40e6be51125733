import type { FieldProblem } from '@metal3/kube-admission';
import type { IPPoolSpec } from '@metal3/metal3-api';
import { formatIp, ipKey, parseIp, parseSubnet } from '../../address/ip.ts';
import type { PoolRange } from '../../address/range.ts';
import { invalid, notAnAddress } from '../field.ts';
import { isWithinAny } from './bounds.ts';
import { countable } from './countable.ts';

/** Everything that is wrong with a pool in itself. Paths and texts are those of upstream, which scripts look for. */
export function poolProblems(spec: IPPoolSpec): readonly FieldProblem[] {
  const { gateway, dnsServers, pools = [], preAllocations = {} } = spec;
  return [
    ...addressProblems('spec.gateway', gateway),
    ...(dnsServers ?? []).flatMap((server, at) => addressProblems(`spec.dnsServers[${at}]`, server)),
    ...preAllocationProblems(preAllocations),
    ...pools.flatMap((entry, at) => entryProblems(`spec.pools[${at}]`, entry, spec.allocationStrategy)),
    ...Object.values(preAllocations)
      .filter((address) => !isWithinAny(pools, address))
      .map((address) => invalid('spec.preAllocations', address, 'is out of bonds of the pools given')),
  ];
}

/** What an update must not change, on top of what the pool must not say. `inUse`: the addresses given out, as text. */
export function poolUpdateProblems(
  before: IPPoolSpec,
  after: IPPoolSpec,
  inUse: Iterable<string>,
): readonly FieldProblem[] {
  const { allocationStrategy: old = 'sequential' } = before;
  const { allocationStrategy: strategy = 'sequential' } = after;
  const lost = [...new Set(inUse)].filter((address) => !isWithinAny(after.pools, address));
  return [
    ...(before.namePrefix === after.namePrefix
      ? []
      : [invalid('spec.namePrefix', after.namePrefix, 'cannot be modified')]),
    ...(old === strategy ? [] : [invalid('spec.allocationStrategy', strategy, 'cannot be modified after creation')]),
    ...poolProblems(after),
    ...lost.map((address) => invalid('spec.pools', address, 'is in use but out of bonds of the pools given')),
  ];
}

function addressProblems(field: string, text: string | undefined): readonly FieldProblem[] {
  return text === undefined || text === '' || parseIp(text) !== undefined ? [] : [invalid(field, text, notAnAddress)];
}

/** Two spellings of one address are one address. */
function preAllocationProblems(preAllocations: Readonly<Record<string, string>>): readonly FieldProblem[] {
  const claimOf = new Map<string, string>();
  return Object.entries(preAllocations).flatMap(([claim, text]) => {
    const field = `spec.preAllocations.${claim}`;
    const ip = parseIp(text);
    if (ip === undefined) return [invalid(field, text, notAnAddress)];
    const other = claimOf.get(ipKey(ip));
    if (other === undefined) {
      claimOf.set(ipKey(ip), claim);
      return [];
    }
    return [invalid(field, text, `IP address is already pre-allocated to claim ${JSON.stringify(other)}`)];
  });
}

function entryProblems(
  field: string,
  entry: PoolRange,
  strategy: IPPoolSpec['allocationStrategy'],
): readonly FieldProblem[] {
  const range = rangeProblem(entry);
  const problems = [
    ...(range === undefined ? [] : [invalid(field, '', range)]),
    ...addressProblems(`${field}.gateway`, entry.gateway),
    ...(entry.dnsServers ?? []).flatMap((server, at) => addressProblems(`${field}.dnsServers[${at}]`, server)),
  ];
  if (problems.length > 0 || strategy !== 'random') return problems;
  const why = countable(entry);
  return why === undefined
    ? []
    : [invalid(field, '', `cannot be used with allocationStrategy ${JSON.stringify(strategy)}: ${why}`)];
}

function rangeProblem({ start, end, subnet }: PoolRange): string | undefined {
  if (start === undefined && end === undefined && subnet === undefined) return 'start, end or subnet is required';
  const [first, last] = [parseIp(start), parseIp(end)];
  if (start !== undefined && first === undefined) return `invalid Start IP ${JSON.stringify(start)}`;
  if (end !== undefined && last === undefined) return `invalid End IP ${JSON.stringify(end)}`;
  if (subnet !== undefined && parseSubnet(subnet) === undefined) return `invalid Subnet ${JSON.stringify(subnet)}`;
  const reversed =
    first !== undefined && last !== undefined && first.family === last.family && last.value < first.value;
  return reversed ? `end IP ${formatIp(last)} is before start IP ${formatIp(first)}` : undefined;
}
