import type { Clock, Logger } from '@metal3/service';

/** Something that happened on the way to a running machine, for people and for programs that would else have to poll. */
export interface BootEvent {
  /** Ascending within one process. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: BootEventKind;
  /** Empty when the machine is unknown. */
  readonly nodeUuid: string;
  /** Lower case with colons; empty when the machine did not say. */
  readonly macAddress: string;
  /** Address that asked. */
  readonly client: string;
  /** What was asked for, in the words of the metrics (`iso`, `kernel`, `ipxe-script`, ...). */
  readonly what: string;
  /** Bytes, for `fetched`. */
  readonly bytes: number;
  /** A sentence, or empty. */
  readonly detail: string;
}

/**
 * `asked`: the first request of a client for something of a machine. `fetched`: a client has had all of it, in however many ranges.
 * `unknown-machine`: a machine asked that has no boot entry. `image-cached`, `image-failed`: the end of an operation on an image.
 */
export type BootEventKind = 'asked' | 'fetched' | 'unknown-machine' | 'image-cached' | 'image-failed';

export type NewBootEvent = Pick<BootEvent, 'kind'> & Partial<Omit<BootEvent, 'id' | 'at' | 'kind'>>;

export interface BootEvents {
  record(event: NewBootEvent): void;
  /** A request begins. `whose` tells one preparation of a machine from the next: its capability. */
  asked(whose: string, event: Omit<NewBootEvent, 'kind'>): void;
  /** It has ended, with so many bytes of what has `size` in all. */
  sent(whose: string, event: Omit<NewBootEvent, 'kind'>, bytes: number, size: number): void;
  /** The events that are remembered and are newer than `after`, then those to come, until the signal aborts. */
  watch(after: number, signal: AbortSignal): AsyncIterable<BootEvent>;
}

const remembered = 1_000;
/** Progress of so many downloads is remembered; the one touched longest ago is forgotten first. */
const tracked = 10_000;
/** An unknown machine that keeps asking is told of once in this time. */
const unknownAgainMs = 600_000;

interface Tracked {
  at: number;
  bytes: number;
  done: boolean;
}

export function bootEvents(clock: Clock, log: Logger): BootEvents {
  const events: BootEvent[] = [];
  const downloads = new Map<string, Tracked>();
  const watchers = new Set<() => void>();
  let lastId = 0;

  function track(key: string): Tracked | undefined {
    const known = downloads.get(key);
    if (known === undefined) return undefined;
    downloads.delete(key);
    downloads.set(key, known);
    return known;
  }

  function begin(key: string): Tracked {
    const fresh = { at: clock.now(), bytes: 0, done: false };
    downloads.set(key, fresh);
    if (downloads.size > tracked) {
      const [oldest] = downloads.keys();
      if (oldest !== undefined) downloads.delete(oldest);
    }
    return fresh;
  }

  function record(given: NewBootEvent): void {
    if (given.kind === 'unknown-machine') {
      const key = `unknown ${given.macAddress ?? given.client ?? ''}`;
      const before = track(key);
      if (before !== undefined && clock.now() - before.at < unknownAgainMs) return;
      begin(key).at = clock.now();
    }
    const event = {
      nodeUuid: '',
      macAddress: '',
      client: '',
      what: '',
      bytes: 0,
      detail: '',
      ...given,
      id: ++lastId,
      at: clock.now(),
    };
    events.push(event);
    if (events.length > remembered) events.shift();
    const { kind, nodeUuid: node, macAddress: mac, client, what, bytes, detail } = event;
    const told = Object.entries({ node, mac, client, what, bytes, detail }).filter(
      ([, value]) => value !== '' && value !== 0,
    );
    log.info(Object.fromEntries(told), kind.replace('-', ' '));
    for (const wake of watchers) wake();
  }

  // The node too: those that are sent to their disk have no capability.
  const keyOf = (whose: string, { nodeUuid, what, client }: Omit<NewBootEvent, 'kind'>) =>
    `${whose} ${nodeUuid ?? ''} ${what ?? ''} ${client ?? ''}`;

  return {
    record,
    asked(whose, event) {
      const key = keyOf(whose, event);
      if (track(key) !== undefined) return;
      begin(key);
      record({ ...event, kind: 'asked' });
    },
    sent(whose, event, bytes, size) {
      const progress = downloads.get(keyOf(whose, event));
      if (progress === undefined || progress.done) return;
      progress.bytes += bytes;
      // Counted by bytes, not by which: firmware that reads a part twice is told of a little early.
      if (progress.bytes < size || size === 0) return;
      progress.done = true;
      record({ ...event, kind: 'fetched', bytes: progress.bytes });
    },
    async *watch(after, signal) {
      let at = after;
      while (!signal.aborted) {
        const next = events.filter(({ id }) => id > at);
        for (const event of next) {
          at = event.id;
          yield event;
        }
        if (events.at(-1) !== undefined && (events.at(-1)?.id ?? 0) > at) continue;
        await new Promise<void>((resolve) => {
          const wake = () => {
            watchers.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          watchers.add(wake);
          signal.addEventListener('abort', wake, { once: true });
          if (signal.aborted) wake();
        });
      }
    },
  };
}
