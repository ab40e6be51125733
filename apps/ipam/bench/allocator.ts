// Allocations per second of the allocator alone, as JSON: `node apps/ipam/bench/allocator.ts`.
import type { IPPoolSpec } from '@metal3/metal3-api';
import type { Ip } from '../src/address/ip.ts';
import { allocate } from '../src/allocation/allocate.ts';
import { planOf } from '../src/allocation/plan.ts';
import { Ledger } from '../src/ledger/ledger.ts';

/** @returns allocations per second over several rounds, the filling of the ledgers not counted */
function measure(spec: IPPoolSpec, inUse: readonly Ip[], allocations: number): number {
  let milliseconds = 0;
  for (let round = 0; round < rounds; round++) {
    const ledger = new Ledger();
    for (const ip of inUse) ledger.take(ip);
    const ground = { plan: planOf({ spec }), ledger, holderOf: () => undefined, lot: lottery() };
    const began = performance.now();
    for (let at = 0; at < allocations; at++) {
      const decision = allocate({ claimName: `claim-${at}`, claimUid: '', requested: undefined }, ground);
      if (decision.kind !== 'allocate') throw new Error(`allocation ${at} was refused`);
      ledger.take(decision.allocation.ip);
    }
    milliseconds += performance.now() - began;
  }
  return Math.round((rounds * allocations * 1000) / milliseconds);
}

const rounds = 10;

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
    'sequential, /16 90 % full': measure(subnet16, ninetyPercent, 650),
    'random, /16 90 % full': measure({ ...subnet16, ...random }, ninetyPercent, 650),
    'sequential, /64': measure(subnet64, [], 50_000),
    'random, /64': measure({ ...subnet64, ...random }, [], 50_000),
  }),
);
