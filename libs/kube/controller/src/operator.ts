import {
  type Clock,
  connectKubernetes,
  findClusterAccess,
  type Kubernetes,
  type Log,
  paced,
} from '@metal3/kube-client';
import { Type } from 'typebox';
import type { CachedClient } from './cache/cache.ts';
import { cachedClient } from './cache/cached-client.ts';
import type { LeaderElectionOptions } from './runtime/leader-election.ts';

/** How fast an operator may ask the API server: goes under the key `kubernetes` of its configuration. */
export const apiPaceSettings = {
  apiQps: Type.Number({
    default: 0,
    minimum: 0,
    flag: 'kube-api-qps',
    description: 'Most calls of the API server a second; 0 for as many as it takes',
  }),
  apiBurst: Type.Integer({
    default: 30,
    minimum: 1,
    flag: 'kube-api-burst',
    description: 'Calls that may come at once after a pause, where there is a limit',
  }),
};

/** The settings that every operator has, under the names that all of them use. */
export interface OperatorSettings {
  readonly kubernetes: {
    /** File; empty for the service account of the pod. */
    readonly kubeconfig: string;
    /** Namespaces to watch, separated by commas; empty for all. */
    readonly namespace: string;
    /** Calls a second, and how many at once after a pause; see `paced`. No limit if left out. */
    readonly apiQps?: number;
    readonly apiBurst?: number;
  };
  readonly leaderElection: {
    readonly enabled: boolean;
    /** Of the Lease; empty: see `homeNamespace`. */
    readonly namespace: string;
    readonly leaseDurationSeconds?: number;
    readonly renewDeadlineSeconds?: number;
    readonly retryPeriodSeconds?: number;
    /** The same three in milliseconds, as settings that are durations have them. */
    readonly leaseDuration?: number;
    readonly renewDeadline?: number;
    readonly retryPeriod?: number;
  };
}

/** What an operator needs of the service that it is; `startService` gives all of it. */
export interface OperatorService {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: { uuid(): string };
  readonly version: string;
  readonly instance: string;
}

/** An operator's place in a cluster. */
export interface Operator {
  /** Reads and writes as the server answers them. */
  readonly kubernetes: Kubernetes;
  /** The same with caches that know what this process has written. */
  readonly client: CachedClient;
  /** Namespaces to watch; empty for all. */
  readonly namespaces: readonly string[];
  /** undefined: this replica is the only one. */
  readonly election: LeaderElectionOptions | undefined;
}

/**
 * Connects to the cluster that the settings name. Nothing is asked of it yet.
 *
 * @param name of the program, by which the API server knows its requests
 * @param lease name of the Lease: that of upstream, so that the two never run at the same time
 * @throws KubeConfigError for a kubeconfig that cannot be used
 */
export function joinCluster(
  settings: OperatorSettings,
  { clock, log, random, version, instance }: OperatorService,
  { name, lease, env }: { readonly name: string; readonly lease: string; readonly env: NodeJS.ProcessEnv },
): Operator {
  const now = () => clock.now();
  const access = findClusterAccess({ kubeconfig: settings.kubernetes.kubeconfig, env, now });
  const { apiQps: qps = 0, apiBurst: burst = 1 } = settings.kubernetes;
  const kubernetes = paced(connectKubernetes(access, { userAgent: `${name}/${version}`, now }), { qps, burst }, clock);
  const client = cachedClient(kubernetes, { clock, log });
  const { enabled, leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds, ...inMs } = settings.leaderElection;
  const election: LeaderElectionOptions = {
    client,
    namespace: homeNamespace(settings),
    name: lease,
    identity: `${instance}_${random.uuid()}`,
    clock,
    log,
    ...inMilliseconds('leaseMs', inMs.leaseDuration, leaseDurationSeconds),
    ...inMilliseconds('renewMs', inMs.renewDeadline, renewDeadlineSeconds),
    ...inMilliseconds('retryMs', inMs.retryPeriod, retryPeriodSeconds),
  };
  return { kubernetes, client, namespaces: watchedNamespaces(settings), election: enabled ? election : undefined };
}

/** Where what all replicas share is kept (Lease, certificates): the namespace that is set, else the only one watched, else "default". */
export function homeNamespace(settings: OperatorSettings): string {
  const watched = watchedNamespaces(settings);
  return settings.leaderElection.namespace || (watched.length === 1 ? watched[0] : undefined) || 'default';
}

/** The namespaces to watch; empty for all. */
export function watchedNamespaces({ kubernetes }: Pick<OperatorSettings, 'kubernetes'>): readonly string[] {
  const names = kubernetes.namespace.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

function inMilliseconds(
  key: 'leaseMs' | 'renewMs' | 'retryMs',
  milliseconds: number | undefined,
  seconds: number | undefined,
): object {
  if (milliseconds !== undefined) return { [key]: milliseconds };
  return seconds === undefined ? {} : { [key]: seconds * 1000 };
}
