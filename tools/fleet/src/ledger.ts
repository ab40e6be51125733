import type { SimulatedTime } from './time.ts';

/**
 * What can happen to a machine that somebody may want to prove or disprove afterwards.
 * Requests that change nothing are only counted.
 */
export type LedgerEvent =
  | 'power'
  | 'power-refused'
  | 'media-inserted'
  | 'media-ejected'
  | 'boot-override'
  | 'boot'
  | 'boot-loader'
  | 'boot-failed'
  | 'agent-started'
  | 'agent-stopped'
  | 'inspection-posted'
  | 'lookup'
  | 'heartbeat-refused'
  | 'command-started'
  | 'command-finished'
  | 'command-failed'
  | 'image-write-started'
  | 'image-write-finished'
  | 'image-write-failed'
  | 'disk-erased'
  | 'os-started'
  | 'os-stopped'
  | 'bios-changed'
  | 'firmware-updated'
  | 'volume-created'
  | 'volume-deleted'
  | 'secure-boot-changed'
  | 'fault';

export interface LedgerEntry {
  readonly seq: number;
  /** ISO 8601, real clock. */
  readonly at: string;
  readonly machine: string;
  readonly event: LedgerEvent;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface LedgerQuery {
  readonly machine?: string | undefined;
  readonly event?: string | undefined;
  /** Only entries with a higher sequence number. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** The record of everything that was done to the machines, in order. Keeps the newest `capacity` entries. */
export class Ledger {
  readonly #capacity: number;
  readonly #time: SimulatedTime;
  readonly #counts = new Map<string, number>();
  #entries: LedgerEntry[] = [];
  #seq = 0;

  constructor(capacity: number, time: SimulatedTime) {
    this.#capacity = capacity;
    this.#time = time;
  }

  record(machine: string, event: LedgerEvent, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#entries.push({ seq: ++this.#seq, at: new Date(this.#time.now()).toISOString(), machine, event, detail });
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
    // Dropping in blocks keeps the cost of a full ledger constant per entry.
    if (this.#entries.length > this.#capacity * 1.25) this.#entries = this.#entries.slice(-this.#capacity);
  }

  find({ machine, event, after = 0, limit = Infinity }: LedgerQuery): LedgerEntry[] {
    const found: LedgerEntry[] = [];
    for (const entry of this.#entries) {
      if (found.length >= limit) break;
      if (entry.seq <= after || (machine !== undefined && entry.machine !== machine)) continue;
      if (event === undefined || entry.event === event) found.push(entry);
    }
    return found;
  }

  /** How often each kind of event was recorded, dropped entries included. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  clear(): void {
    this.#entries = [];
    this.#counts.clear();
  }
}
