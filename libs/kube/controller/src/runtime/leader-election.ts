import { type Clock, isKubeError, type Kind, type KubeClient, type KubeObject, type Log } from '@metal3/kube-client';

/** coordination.k8s.io/v1 Lease. */
export interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export const lease: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Lease: the same for all replicas of a service. */
  readonly name: string;
  /** Different for each replica, and for each life of one: host name plus something random. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a silent leader is waited for. 15 s if left out. */
  readonly leaseMs?: number;
  /** How long renewing may fail before the leader gives up; less than leaseMs. 10 s if left out. */
  readonly renewMs?: number;
  /** Between two tries, to get or to renew. 2 s if left out. */
  readonly retryMs?: number;
  /** Told when this replica begins and ceases to lead. */
  readonly onLeading?: (leading: boolean) => void;
  /**
   * Told by our own monotonic clock when the Lease was last asked for, each time it is got or renewed: until `renewMs` after that nobody else can lead, even
   * if this process has been asleep meanwhile.
   */
  readonly onRenewed?: (at: number) => void;
}

/** The Lease has been lost while leading: what ran under it has been aborted, and the process should end. */
export class LeadershipLost extends Error {
  override name = 'LeadershipLost';
}

/**
 * Waits until this replica holds the Lease, then runs `lead` while renewing it. When `signal` aborts, `lead` is
 * aborted and awaited, and the Lease is given up, so that the next replica need not wait for it to expire. Times of
 * other replicas are never compared with our clock: a Lease is free when it has not changed for its duration since
 * we first saw it so.
 *
 * @throws LeadershipLost when renewing has failed for too long; the signal given to `lead` has been aborted by then
 */
export async function whileLeading(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, leaseMs = 15_000, renewMs = 10_000, retryMs = 2_000 } = options;
  const holder = new LeaseHolder(options, leaseMs);

  while (!signal.aborted && !(await holder.acquire(signal))) await clock.sleep(retryMs, signal).catch(() => {});
  if (signal.aborted) return;
  log.info({ lease: options.name, identity: options.identity }, 'leading');
  options.onLeading?.(true);

  const leading = new AbortController();
  const stop = (): void => leading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });

  const renewing = (async (): Promise<void> => {
    while (!leading.signal.aborted) {
      await clock.sleep(retryMs, leading.signal).catch(() => {});
      if (leading.signal.aborted) return;
      const left = holder.renewedAt + renewMs - clock.monotonic();
      const renewed = left > 0 && (await holder.renew(leading.signal, left));
      if (!renewed && (holder.taken || clock.monotonic() - holder.renewedAt >= renewMs)) {
        leading.abort(new LeadershipLost(`the Lease ${options.namespace}/${options.name} could not be renewed`));
      }
    }
  })();

  try {
    await lead(leading.signal);
  } finally {
    signal.removeEventListener('abort', stop);
    options.onLeading?.(false);
    const reason: unknown = leading.signal.reason;
    leading.abort();
    await renewing;
    if (!(reason instanceof LeadershipLost)) await holder.release();
    else log.error({ lease: options.name, err: reason }, 'leadership lost');
  }
  if (leading.signal.reason instanceof LeadershipLost) throw leading.signal.reason;
}

class LeaseHolder {
  readonly #options: LeaderElectionOptions;
  readonly #leaseMs: number;
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;
  #held: Lease | undefined;
  /** By our own monotonic clock, before the request of the last renewal that succeeded. */
  renewedAt = 0;
  /** Someone else holds it now. */
  taken = false;

  constructor(options: LeaderElectionOptions, leaseMs: number) {
    this.#options = options;
    this.#leaseMs = leaseMs;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    const { client, clock, identity, log, name, namespace } = this.#options;
    const [started, time] = [clock.monotonic(), clock.now()];
    try {
      const current = await client.find(lease, { namespace, name }, { signal });
      if (current === undefined) {
        const spec = { ...this.#claim(time, 0), acquireTime: microTime(time) };
        this.#held = await client.create(lease, { metadata: { namespace, name }, spec }, { signal });
      } else {
        const holder = current.spec.holderIdentity ?? '';
        if (holder !== '' && holder !== identity && !this.#expired(current)) return false;
        const transitions = (current.spec.leaseTransitions ?? 0) + (holder === identity ? 0 : 1);
        const spec = { ...current.spec, ...this.#claim(time, transitions), acquireTime: microTime(time) };
        this.#held = await client.replace(lease, { ...current, spec }, { signal });
      }
      this.renewedAt = started;
      this.#options.onRenewed?.(started);
      return true;
    } catch (error) {
      if (!signal.aborted && !isKubeError(error, 'Conflict', 'AlreadyExists')) {
        log.warn({ lease: name, err: error }, 'cannot ask for the Lease');
      }
      return false;
    }
  }

  async renew(signal: AbortSignal, withinMs: number): Promise<boolean> {
    const { client, clock, log, name, namespace, identity } = this.#options;
    const started = clock.monotonic();
    const timeout = new AbortController();
    const cancel = clock.after(withinMs, () => timeout.abort(new Error('the API server did not answer in time')));
    try {
      const call = { signal: AbortSignal.any([signal, timeout.signal]) };
      const current = this.#held ?? (await client.get(lease, { namespace, name }, call));
      if (current.spec.holderIdentity !== identity) {
        this.taken = true;
        return false;
      }
      const spec = { ...current.spec, renewTime: microTime(clock.now()) };
      this.#held = await client.replace(lease, { ...current, spec }, call);
      this.renewedAt = started;
      this.#options.onRenewed?.(started);
      return true;
    } catch (error) {
      this.#held = undefined;
      if (!signal.aborted) log.warn({ lease: name, err: error }, 'cannot renew the Lease');
      return false;
    } finally {
      cancel();
    }
  }

  async release(): Promise<void> {
    const { client, clock, log, name } = this.#options;
    if (this.#held === undefined) return;
    const spec = { ...this.#held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
    try {
      await client.replace(lease, { ...this.#held, spec }, { signal: AbortSignal.timeout(2_000) });
    } catch (error) {
      log.warn({ lease: name, err: error }, 'cannot give the Lease up; it will expire');
    }
  }

  #claim(now: number, leaseTransitions: number): Lease['spec'] {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#leaseMs / 1000),
      renewTime: microTime(now),
      leaseTransitions,
    };
  }

  #expired(current: Lease): boolean {
    const now = this.#options.clock.monotonic();
    const version = current.metadata.resourceVersion;
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    return now - (this.#seen?.at ?? now) >= (current.spec.leaseDurationSeconds ?? 0) * 1000;
  }
}

/** metav1.MicroTime. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
