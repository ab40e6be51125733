// Allocations per second of CPU time of the allocator alone, as JSON: `node apps/ipam/bench/allocator.ts`.
import type { IPPoolSpec } from '@metal3/metal3-api';
import type { Ip } from '../src/address/ip.ts';
import { allocate } from '../src/allocation/allocate.ts';
import { planOf } from '../src/allocation/plan.ts';
import { Ledger } from '../src/ledger/ledger.ts';

const allocations = 100_000;
/**
 * The best of these counts: what else the machine does can only make a round slower (a busy sibling of the same core halves it, in CPU time,
 * too), and the first ones are without compiled code.
 */
const rounds = 12;
/** So many of the allocated addresses are in use at a time; then the oldest goes back, so that the pool stays as full as it was. */
const kept = 500;

/** @returns the best round's allocations in a second of CPU */
function measure(spec: IPPoolSpec, inUse: readonly Ip[]): number {
  return Math.max(...Array.from({ length: rounds }, () => measureOnce(spec, inUse)));
}

/** Choosing an address, putting it down and taking an older one back. @returns how often a second of CPU, which other programs of the machine do not change */
function measureOnce(spec: IPPoolSpec, inUse: readonly Ip[]): number {
  const ledger = new Ledger();
  for (const ip of inUse) ledger.take(ip);
  const ground = { plan: planOf({ spec }), ledger, holderOf: () => undefined, lot: lottery() };
  const given: Ip[] = [];
  const began = process.cpuUsage();
  for (let at = 0; at < allocations; at++) {
    const claimName = `claim-${at}`;
    const decision = allocate({ claimName, claimUid: claimName, requested: undefined }, ground);
    if (decision.kind !== 'allocate') throw new Error(`allocation ${at} was refused`);
    const { ip } = decision.allocation;
    ledger.take(ip);
    const oldest = given[at % kept];
    if (oldest !== undefined) ledger.giveBack(oldest);
    given[at % kept] = ip;
  }
  const { user, system } = process.cpuUsage(began);
  return Math.round((allocations * 1_000_000) / (user + system));
}

/** The same sequence each time. */
function lottery(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** 58,980 of 65,534 addresses, a free one after every nine used ones. */
const sixteen = 0x0a000000n;
const ninetyPercent = Array.from({ length: 65_534 }, (_, at) => at + 1)
  .filter((host) => host % 10 !== 0)
  .map((host): Ip => ({ family: 4, value: sixteen + BigInt(host) }));
const subnet16 = { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.255.254' }] } satisfies IPPoolSpec;
const subnet64 = { namePrefix: 'p', pools: [{ subnet: '2001:db8::/64' }] } satisfies IPPoolSpec;
const random = { allocationStrategy: 'random' } as const;

process.stdout.write(
  JSON.stringify({
    'sequential, /16 90 % full': measure(subnet16, ninetyPercent),
    'random, /16 90 % full': measure({ ...subnet16, ...random }, ninetyPercent),
    'sequential, /64': measure(subnet64, []),
    'random, /64': measure({ ...subnet64, ...random }, []),
  }),
);
