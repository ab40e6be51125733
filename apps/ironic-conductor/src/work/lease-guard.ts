import type { Lease, WorkRepository } from '@metal3/node-store';
import type { Clock } from '@metal3/service';
import { isStoreError } from '@metal3/node-store';

/** A lease is renewed when less than this share of it is left. */
const renewBelow = 0.6;

/**
 * Keeps a lease while a segment runs, and ends everything under it the moment it may be another's. Time is counted on this process's
 * monotonic clock from before each request, so being stopped (SIGSTOP) or a clock that jumps only ever ends it early.
 */
export class LeaseGuard {
  readonly #work: Pick<WorkRepository, 'renew'>;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly signal: AbortSignal;
  #lease: Lease;
  #until: number;
  #cancel: () => void = () => {};

  constructor(lease: Lease, work: Pick<WorkRepository, 'renew'>, clock: Clock, stop: AbortSignal) {
    this.#work = work;
    this.#clock = clock;
    this.#lease = lease;
    this.signal = AbortSignal.any([this.#lost.signal, stop]);
    this.#until = clock.monotonic() + lease.durationMs;
    this.#arm();
    void this.#keep();
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** The store extended the lease, or told its state, just now. */
  renewed(lease: Lease): void {
    this.#lease = lease;
  }

  /** Makes sure that at least `milliseconds` are left, renewing if need be. @throws LEASE-LOST, or the signal's reason */
  async reserve(milliseconds: number): Promise<void> {
    this.#check();
    if (this.#until - this.#clock.monotonic() < milliseconds) await this.#renew();
    this.#check();
  }

  end(): void {
    this.#cancel();
    this.#ended.abort();
  }

  #check(): void {
    if (this.#clock.monotonic() >= this.#until) this.#lost.abort(new Error('the lease ran out'));
    this.signal.throwIfAborted();
  }

  #arm(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(Math.max(0, this.#until - this.#clock.monotonic()), () => {
      this.#lost.abort(new Error('the lease ran out'));
    });
  }

  async #renew(): Promise<void> {
    const from = this.#clock.monotonic();
    try {
      this.#lease = await this.#work.renew(this.#lease);
    } catch (error) {
      if (isStoreError(error, 'LEASE-LOST')) this.#lost.abort(error);
      throw error;
    }
    this.#until = from + this.#lease.durationMs;
    this.#arm();
  }

  async #keep(): Promise<void> {
    const every = this.#lease.durationMs * (1 - renewBelow);
    await this.#clock.every(
      every,
      async () => {
        try {
          if (!this.signal.aborted && this.#until - this.#clock.monotonic() < this.#lease.durationMs * renewBelow) {
            await this.#renew();
          }
        } catch {
          // A lost lease has ended the work by now; anything else is tried again, and ends it when the time is over.
        }
      },
      this.#ended.signal,
    );
  }
}
