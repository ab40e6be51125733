import { randomInt } from 'node:crypto';

/** Exponential back-off with full jitter in its upper half, so that many watchers do not come back together. */
export class BackOff {
  readonly #from: number;
  readonly #to: number;
  #tries = 0;

  constructor({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
    this.#from = fromMs;
    this.#to = toMs;
  }

  /** The next pause in milliseconds. */
  next(): number {
    const whole = Math.min(this.#from * 2 ** this.#tries, this.#to);
    this.#tries += 1;
    return Math.round(whole / 2 + randomInt(Math.max(1, Math.ceil(whole / 2))));
  }

  reset(): void {
    this.#tries = 0;
  }

  get tries(): number {
    return this.#tries;
  }
}
