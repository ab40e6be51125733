import { isDeleting, isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';

interface Telling {
  readonly claim: string;
  readonly address: string;
  /** Resource versions: one count for all kinds of a server. */
  readonly from: number;
  until: number;
}

/** Records, by watching, from when to when each claim has been told which address. */
export class AddressHistory {
  readonly #tellings: Telling[] = [];
  readonly #open = new Map<string, Telling>();

  /** Resolves when the signal aborts. */
  async watch<T extends KubeObject>(
    client: KubeClient,
    kind: Kind<T>,
    namespace: string,
    addressOf: (claim: T) => string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let resourceVersion = (await client.list(kind, { namespace })).resourceVersion;
    while (!signal.aborted) {
      try {
        for await (const event of client.watch(kind, { namespace, resourceVersion, signal })) {
          if (event.type === 'BOOKMARK') continue;
          const { object } = event;
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
          this.#note(object, event.type === 'DELETED' || isReleased(object) ? undefined : addressOf(object));
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isKubeError(error)) throw error;
        // A history with a hole in it proves nothing.
        if (isKubeError(error, 'Gone')) throw error;
      }
    }
  }

  get tellings(): number {
    return this.#tellings.length;
  }

  /** Every time that an address was told to a claim before the one that had it was deleted. */
  get doubles(): string[] {
    const sorted = this.#tellings.toSorted((a, b) => a.from - b.from);
    const last = new Map<string, Telling>();
    const found: string[] = [];
    for (const telling of sorted) {
      const before = last.get(telling.address);
      if (before !== undefined && before.until > telling.from) {
        found.push(
          `${telling.address}: ${before.claim} from ${before.from} until ${before.until}, ${telling.claim} from ${telling.from}`,
        );
      }
      if (before === undefined || telling.until > before.until) last.set(telling.address, telling);
    }
    return found;
  }

  /** Claims that were told one address, and then another. */
  get changed(): string[] {
    const told = Map.groupBy(this.#tellings, ({ claim }) => claim);
    return [...told].flatMap(([claim, tellings]) => {
      const addresses = tellings.map(({ address }) => address);
      return new Set(addresses).size > 1 ? [`${claim} was told ${addresses.join(', then ')}`] : [];
    });
  }

  #note({ kind, metadata }: KubeObject, address: string | undefined): void {
    const claim = `${kind} ${metadata.name} ${metadata.uid}`;
    const at = Number(metadata.resourceVersion);
    const open = this.#open.get(claim);
    if (open?.address === address) return;
    if (open !== undefined) open.until = at;
    this.#open.delete(claim);
    if (address === undefined) return;
    const telling = { claim, address, from: at, until: Infinity };
    this.#open.set(claim, telling);
    this.#tellings.push(telling);
  }
}

/** Deleted, and nobody else says that it is in use. */
function isReleased(claim: KubeObject): boolean {
  const others = (claim.metadata.finalizers ?? []).filter((one) => !one.includes('ipam.metal3.io'));
  return isDeleting(claim) && others.length === 0;
}
