import type { Machine } from '../machine/machine.ts';

/** Seconds: the shortest time between two heartbeats, and the wait after one that was refused. */
const shortest = 5;
const afterRefusal = [5, 10] as const;
/** The share of the timeout after which the next one is sent. */
const share = [0.3, 0.6] as const;

/**
 * The heartbeat thread. The regular interval is agreed with the server and so follows the real clock; the forced heartbeat
 * after a command and the pause after a refusal are the machine's own and follow simulated time.
 */
export class Heartbeats {
  readonly #machine: Machine;
  readonly #timeout: number;
  readonly #signal: AbortSignal;
  readonly #send: () => Promise<string | undefined>;
  #wake: (() => void) | undefined;
  #forced = false;

  /** @param send sends one and gives back why it was refused, if it was */
  constructor(machine: Machine, timeout: number, signal: AbortSignal, send: () => Promise<string | undefined>) {
    this.#machine = machine;
    this.#timeout = timeout;
    this.#signal = signal;
    this.#send = send;
  }

  /** A heartbeat is due as soon as the shortest interval allows: a command has ended. */
  force(): void {
    this.#forced = true;
    this.#wake?.();
  }

  /** Sends heartbeats until the agent ends; rejects then. */
  async run(): Promise<never> {
    const { time, faults, options } = this.#machine.world;
    for (;;) {
      this.#signal.throwIfAborted();
      const silent = faults.take('agent.silent', this.#machine.name) !== undefined;
      this.#forced = false;
      const refusal = silent ? undefined : await this.#send();
      if (refusal !== undefined) {
        this.#machine.record('heartbeat-refused', { reason: refusal });
        await time.backOff(this.#machine.random.between(...afterRefusal), this.#signal);
        continue;
      }
      const interval = options.heartbeatInterval ?? this.#timeout * this.#machine.random.between(...share);
      await time.pass(shortest, this.#signal);
      await this.#untilForced(interval);
    }
  }

  async #untilForced(seconds: number): Promise<void> {
    if (this.#forced) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#machine.world.time.passReal(seconds, AbortSignal.any([this.#signal, woken.signal]));
    } catch (error) {
      if (!woken.signal.aborted || this.#signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}
