import type { JsonObject } from '@metal3/node';
import type { LeasedChange } from '@metal3/node-store';
import type { Change } from './decision.ts';
import type { Journal } from './journal.ts';
import { merged } from './overlay.ts';

/** An effect whose intent is committed. */
export interface OpenEffect {
  readonly id: string;
  readonly name: string;
  /** Work and effect, as fail points name them. */
  readonly point: string;
}

/** What a segment has decided and not written yet: the fewer writes, the better, as long as each intent is written before its effect. */
export class Draft {
  #change: Change = {};
  #settled: OpenEffect[] = [];
  #requests: number[] = [];

  /** False when the change does not go together with what is pending: write that first. */
  add(change: Change): boolean {
    const together = merged(this.#change, change);
    if (together !== undefined) this.#change = together;
    return together !== undefined;
  }

  /** The effect needs no more looking after once this is written. */
  settle(effect: OpenEffect): void {
    this.#settled.push(effect);
  }

  /** True the first time a request is seen. */
  takeRequest(id: number): boolean {
    if (this.#requests.includes(id)) return false;
    this.#requests.push(id);
    return true;
  }

  /** Everything pending as one write. Follow-up work starts with notes of its own. */
  leased(journal: Journal, extra: LeasedChange): LeasedChange {
    return {
      ...this.#change,
      ...extra,
      ...(extra.work === undefined ? { context: contextOf(journal) } : {}),
      ...(this.#settled.length > 0 ? { settle: this.#settled.map(({ id }) => ({ id, outcome: {} })) } : {}),
      ...(this.#requests.length > 0 ? { doneRequests: this.#requests } : {}),
    };
  }

  /** It is written: starts over, and tells which effects were settled by it. */
  written(): readonly OpenEffect[] {
    const settled = this.#settled;
    this.#change = {};
    this.#settled = [];
    this.#requests = [];
    return settled;
  }
}

function contextOf(journal: Journal): JsonObject {
  // Notes are plain data by construction; the compiler cannot see that of an interface.
  return journal as unknown as JsonObject;
}
