import type { Log } from '@metal3/kube-client';
import {
  bell,
  type CachedClient,
  type Controller,
  controller,
  type ControllerMetrics,
  type EventRecorder,
} from '@metal3/kube-controller';
import type { Clock } from '@metal3/service';
import { ipamBooks, type IpamBooks } from './books.ts';
import type { IpamCaches } from './caches.ts';
import { claimEvents } from './claim/adapters/events.ts';
import type { Claim } from './claim/claim.ts';
import { claimPass } from './claim/pass.ts';
import { claimSource } from './claim/sources.ts';
import { wakeWaitingClaims } from './claim/wake.ts';
import { poolLifePass } from './pool/life/pass.ts';
import { poolReportPass } from './pool/report/pass.ts';
import { resync } from './pool/resync.ts';
import { poolSource } from './pool/sources.ts';
import { collectionPass, collectionSource } from './register/collection/pass.ts';

export interface IpamSurroundings {
  readonly client: CachedClient;
  readonly caches: IpamCaches;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly lot: () => number;
  readonly settings: {
    readonly selective: boolean;
    readonly claimConcurrency: number;
    readonly poolConcurrency: number;
    /** Milliseconds between two looks at everything, in case something was missed. */
    readonly syncPeriod: number;
  };
  readonly metrics?: ControllerMetrics | undefined;
}

export interface Ipam {
  readonly books: IpamBooks;
  readonly controllers: readonly Controller[];
}

/**
 * The way of a claim: a controller for each kind looks at one claim at a time and gives it an address (claim, allocation, register). Beside
 * it pools are kept and reported on, and addresses that nobody has are collected.
 */
export function ipamControllers(surroundings: IpamSurroundings): Ipam {
  const { client, caches, events, clock, log, lot, settings, metrics } = surroundings;
  const bells = { IPClaim: bell(), IPAddressClaim: bell() } as const;
  const wake = ({ kind, key }: Pick<Claim, 'kind' | 'key'>): void => bells[kind].ring(key);
  const books = ipamBooks({ client, caches, clock, selective: settings.selective, wake });
  const { pools, clusters, claims, addresses, register, ledgers, waiting } = books;
  wakeWaitingClaims(waiting, pools, clusters);

  const everything = [pools, clusters, ...Object.values(claims), ...Object.values(addresses)];
  const shared = {
    clock,
    log,
    // What fails a pass is mostly an API server that is away for a while.
    backOff: { fromMs: 50, toMs: 30_000 },
    ...(metrics && { metrics }),
  };
  const poolChanges = poolSource({ pools, clusters, addresses: Object.values(addresses), ledgers, loaded: everything });

  const claimController = (kind: Claim['kind']): Controller =>
    controller({
      ...shared,
      name: kind.toLowerCase(),
      watches: [claimSource(claims[kind], everything), bells[kind]],
      reconcile: claimPass({
        ...books,
        claims: claims[kind],
        news: claimEvents(events),
        wake: (key) => bells[kind].ring(key),
        lot,
      }),
      concurrency: settings.claimConcurrency,
    });
  const collector = (kind: Claim['kind']): Controller => {
    const parts = { claims: claims[kind], addresses: addresses[kind], pools, clusters };
    return controller({
      ...shared,
      name: `${kind.toLowerCase()}-collection`,
      watches: [collectionSource(parts, everything)],
      reconcile: collectionPass(parts),
    });
  };

  return {
    books,
    controllers: [
      claimController('IPClaim'),
      claimController('IPAddressClaim'),
      controller({
        ...shared,
        name: 'ippool',
        watches: [poolChanges],
        reconcile: poolLifePass({ client, pools, clusters, register, ledgers }),
        concurrency: settings.poolConcurrency,
      }),
      controller({
        ...shared,
        name: 'ippool-report',
        watches: [poolChanges, resync({ pools, ledgers, waiting, clock, everyMs: settings.syncPeriod })],
        reconcile: poolReportPass({ client, pools, clusters, register, ledgers, clock }),
        concurrency: settings.poolConcurrency,
      }),
      collector('IPClaim'),
      collector('IPAddressClaim'),
    ],
  };
}
