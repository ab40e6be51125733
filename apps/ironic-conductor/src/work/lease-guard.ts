import type { Lease, WorkRepository } from '@metal3/node-store';
import type { Clock } from '@metal3/service';
import { isStoreError } from '@metal3/node-store';

/** A lease is renewed after this share of it, and that tried again after this one. */
const renewAfter = 0.4;
const retryAfter = 0.1;

/**
 * Keeps a lease while a segment runs, and ends everything under it the moment it may be another's. Time is counted on this process's
 * monotonic clock from before each request, so being stopped (SIGSTOP) or a clock that jumps only ever ends it early.
 */
export class LeaseGuard {
  readonly #work: Pick<WorkRepository, 'renew'>;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #ended = false;
  #stopKeeping: () => void = () => {};
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
    this.#keepFrom(lease.durationMs * renewAfter);
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

  /** False once the lease may be another's. */
  get holds(): boolean {
    return !this.signal.aborted && this.#clock.monotonic() < this.#until;
  }

  end(): void {
    this.#cancel();
    this.#stopKeeping();
    this.#ended = true;
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

  /** Renews in time, as long as the segment goes on. Failures are tried again, until the time is over and the work with it. */
  #keepFrom(milliseconds: number): void {
    if (this.#ended) return;
    this.#stopKeeping = this.#clock.after(milliseconds, () => {
      if (this.signal.aborted) return;
      this.#renew().then(
        () => this.#keepFrom(this.#lease.durationMs * renewAfter),
        () => this.#keepFrom(this.#lease.durationMs * retryAfter),
      );
    });
  }
}
