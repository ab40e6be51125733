import { toCodedError, type Clock, type Logger, type Part } from '@metal3/service';

/** Values of `Kind` in every watch response of the contracts. */
const watchKind = { snapshot: 1, synced: 2, changed: 3, deleted: 4, bookmark: 5, resyncRequired: 6 } as const;

/** What the mirror needs to know of one watch. */
export interface WatchMirrorOptions<Message extends { readonly kind: number }, Item> {
  readonly name: string;
  /** Opens the stream for a fresh snapshot. */
  open(signal: AbortSignal): AsyncIterable<Message>;
  /** Key and item of SNAPSHOT, CHANGED and DELETED; the item is ignored for DELETED. */
  read(message: Message): { readonly key: string; readonly item: Item | undefined };
  /** Called for every item that is new, differs, or (undefined) is gone. Not called before the first SYNCED is complete. */
  changed?(key: string, item: Item | undefined): void;
  /** Tells whether two versions of an item are the same; by default every snapshot counts as a change. */
  same?(one: Item, other: Item): boolean;
  /** Longest pause between two attempts, default 5 000 ms; the first is 100 ms. */
  readonly longestPauseMs?: number;
}

/** A copy of what a server watches over, kept current. */
export interface WatchMirror<Item> extends Part {
  readonly items: ReadonlyMap<string, Item>;
  /** True once a whole snapshot has been seen; stays true while the connection is down (the copy is then old). */
  synced(): boolean;
}

/**
 * Follows a list+watch stream as a part of a service: SNAPSHOT..., SYNCED, then changes. After any interruption it connects again
 * and takes a fresh snapshot; what is missing from that has been deleted meanwhile.
 */
export function watchMirror<Message extends { readonly kind: number }, Item>(
  options: WatchMirrorOptions<Message, Item>,
): WatchMirror<Item> {
  const { name, open, read, changed = () => {}, same = () => false, longestPauseMs = 5_000 } = options;
  const items = new Map<string, Item>();
  let everSynced = false;
  let connected = false;
  /** Code of the failure that was told last; undefined while all is well, so that each episode is told once. */
  let told: string | undefined;
  let ended: Promise<void> = Promise.resolve();
  const stopping = new AbortController();

  const put = (key: string, item: Item) => {
    const before = items.get(key);
    items.set(key, item);
    if (everSynced && (before === undefined || !same(before, item))) changed(key, item);
  };
  const drop = (key: string) => {
    if (items.delete(key) && everSynced) changed(key, undefined);
  };

  async function followOnce(signal: AbortSignal, log: Logger): Promise<boolean> {
    const seen = new Set<string>();
    let whole = false;
    for await (const message of open(signal)) {
      switch (message.kind) {
        case watchKind.snapshot:
        case watchKind.changed: {
          const { key, item } = read(message);
          if (!whole) seen.add(key);
          if (item !== undefined) put(key, item);
          break;
        }
        case watchKind.deleted: {
          const { key } = read(message);
          seen.delete(key);
          drop(key);
          break;
        }
        case watchKind.synced: {
          whole = true;
          connected = true;
          for (const key of [...items.keys()]) if (!seen.has(key)) drop(key);
          if (!everSynced) {
            everSynced = true;
            for (const [key, item] of items) changed(key, item);
          }
          told = undefined;
          log.info({ watch: name, items: items.size }, 'watch is synced');
          break;
        }
        case watchKind.resyncRequired:
          return whole;
        default:
      }
    }
    return whole;
  }

  /** At start-up services come up in any order: waiting for one is no warning. */
  function tell(error: unknown, log: Logger): void {
    const { code, class: kind, message } = toCodedError(error);
    const line = { watch: name, code, why: message };
    if (code === told) log.debug(line, 'still not connected; trying again');
    else if (!everSynced && kind === 'transient') log.info(line, 'waiting for the server of this watch');
    else log.warn(line, 'watch was interrupted; connecting again');
    told = code;
  }

  async function follow(signal: AbortSignal, log: Logger, clock: Clock): Promise<void> {
    let pause = 100;
    while (!signal.aborted) {
      let worked = false;
      try {
        worked = await followOnce(signal, log);
      } catch (error) {
        if (signal.aborted) return;
        worked = connected;
        tell(error, log);
      }
      connected = false;
      if (worked) pause = 100;
      await clock.sleep(pause, signal).catch(() => {});
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }

  return {
    name,
    items,
    synced: () => everSynced,
    async start(signal, { log, clock }) {
      ended = follow(AbortSignal.any([signal, stopping.signal]), log, clock);
    },
    async stop() {
      stopping.abort();
      await ended;
    },
    ready: () => (everSynced ? undefined : 'waiting for the first snapshot'),
  };
}
