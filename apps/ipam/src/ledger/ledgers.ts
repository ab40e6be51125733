import { type Clock, formatKey, type ObjectKey, parseKey } from '@metal3/kube-client';
import type { Ip } from '../address/ip.ts';
import { ipOfName } from '../address/name.ts';
import { planOf } from '../allocation/plan.ts';
import { type Claim, poolKeyOf } from '../claim/claim.ts';
import type { ClaimBook } from '../claim/ports.ts';
import type { WaitingClaims } from '../claim/waiting.ts';
import type { Pools } from '../pool/ports.ts';
import type { AddressBook, GivenAddress } from '../register/ports.ts';
import { Ledger } from './ledger.ts';
import { usageOf } from './usage.ts';

export interface LedgerSources {
  readonly pools: Pools;
  readonly claims: Readonly<Record<Claim['kind'], ClaimBook>>;
  readonly addresses: Readonly<Record<Claim['kind'], AddressBook>>;
  readonly waiting: WaitingClaims;
  /** Has a claim looked at again. */
  readonly wake: (claim: Claim) => void;
  readonly clock: Pick<Clock, 'after'>;
}

const unseenMs = 5_000;

/**
 * The ledger of every pool, opened when it is first asked for and kept up to date from then on by what is seen of address objects: those
 * that others write, and our own in the moment that they are written.
 */
export class Ledgers {
  readonly #sources: LedgerSources;
  readonly #open = new Map<string, Ledger>();
  readonly #letGoListeners = new Set<(pool: ObjectKey) => void>();

  constructor(sources: LedgerSources) {
    this.#sources = sources;
    const { claims, addresses, pools } = sources;
    for (const kind of ['IPClaim', 'IPAddressClaim'] as const) {
      addresses[kind].onChange(({ before, after }) => this.#addressChanged(kind, before, after));
      claims[kind].onChange(({ before, after }) => {
        if (before !== undefined && before.uid !== after?.uid) this.#claimGone(before);
      });
    }
    pools.onChange(({ key, after }) => {
      if (after === undefined) this.#open.delete(formatKey(key));
    });
  }

  of(pool: ObjectKey): Ledger {
    const name = formatKey(pool);
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const ledger = this.#read(pool);
    this.#open.set(name, ledger);
    return ledger;
  }

  /** Calls back when what was put down for a claim of a pool is no more; answers the way to stop that. */
  onLetGo(listener: (pool: ObjectKey) => void): () => void {
    this.#letGoListeners.add(listener);
    return () => this.#letGoListeners.delete(listener);
  }

  /** Free addresses of the pool are offered to the claims that wait for one. */
  offer(pool: ObjectKey): void {
    const { pools, waiting } = this.#sources;
    if (!waiting.hasLine(pool)) return;
    const object = pools.find(pool);
    if (object !== undefined) waiting.addressesFree(pool, usageOf(planOf(object), this.of(pool)).free);
  }

  /** What is put down for a claim is free again. */
  letGo(pool: ObjectKey, claimUid: string): void {
    if (this.#open.get(formatKey(pool))?.letGo(claimUid) === true) this.offer(pool);
  }

  /**
   * Somebody else turned out to have the object of this name. Of an object that shows we will see when it goes; one that does not is either
   * on its way to us, or has gone already: then the name is tried again after a while.
   */
  block(pool: ObjectKey, name: string, ip: Ip): void {
    this.of(pool).block(name, ip);
    const key = { namespace: pool.namespace, name };
    const shows = (): boolean => Object.values(this.#sources.addresses).some((book) => book.find(key) !== undefined);
    if (shows()) return;
    this.#sources.clock.after(unseenMs, () => {
      if (!shows() && this.#open.get(formatKey(pool))?.unblock(name) === true) this.offer(pool);
    });
  }

  /** Names that were in the way are tried again: that they have gone may have been missed. */
  forgetBlocked(pool: ObjectKey): void {
    const ledger = this.of(pool);
    for (const name of ledger.blocked.keys()) ledger.unblock(name);
    this.offer(pool);
  }

  #read(pool: ObjectKey): Ledger {
    const ledger = new Ledger(() => this.#letGoListeners.forEach((listener) => listener(pool)));
    const { addresses, claims, pools } = this.#sources;
    const present = new Set<string>();
    for (const kind of ['IPClaim', 'IPAddressClaim'] as const) {
      for (const { ip, key } of addresses[kind].ofPool(pool)) {
        present.add(`${kind} ${key.name}`);
        if (ip !== undefined) ledger.take(ip);
      }
    }
    // A claim whose address object someone has removed by force still uses the address.
    const prefix = pools.find(pool)?.spec.namePrefix ?? '';
    for (const kind of ['IPClaim', 'IPAddressClaim'] as const) {
      for (const { address, uid } of claims[kind].ofPool(pool)) {
        if (address === undefined || present.has(`${kind} ${address}`)) continue;
        const ip = ipOfName(prefix, address);
        if (ip !== undefined && !ledger.isTaken(ip)) ledger.hold(uid, ip);
      }
    }
    return ledger;
  }

  #addressChanged(kind: Claim['kind'], before: GivenAddress | undefined, after: GivenAddress | undefined): void {
    const { pool, ip } = after ?? before ?? {};
    if (pool === undefined) return;
    const ledger = this.#open.get(formatKey(pool));
    if (after !== undefined && before !== undefined) {
      if (after.deleting && !before.deleting) this.#wakeUntold(kind, after);
      return;
    }
    if (ip !== undefined && after !== undefined) ledger?.take(ip);
    if (ip !== undefined && before !== undefined) ledger?.giveBack(ip);
    if (before !== undefined) this.#addressGone(kind, before);
    else if (after !== undefined) this.#wakeUntold(kind, after);
  }

  /** An address that shows late, or is to go, for a claim that was not told of it would stay for ever. */
  #wakeUntold(kind: Claim['kind'], address: GivenAddress): void {
    const claim = this.#sources.claims[kind].find(address.claim.key);
    if (claim !== undefined && claim.address !== address.key.name) this.#sources.wake(claim);
  }

  #addressGone(kind: Claim['kind'], address: GivenAddress): void {
    const { claims, waiting, wake } = this.#sources;
    const claim = claims[kind].find(address.claim.key);
    const inUse = claim !== undefined && !claim.deleting && claim.address === address.key.name;
    if (inUse && claim.uid === address.claim.uid && address.ip !== undefined) {
      // Removed by force: the machine still uses it, so the claim gets it back.
      this.#open.get(formatKey(address.pool))?.hold(claim.uid, address.ip);
      wake(claim);
      return;
    }
    const { namespace, name } = address.key;
    // Pools of one name prefix share the names of objects: it may have been in the way of several.
    for (const [text, ledger] of this.#open) {
      const pool = parseKey(text);
      if (pool.namespace !== namespace) continue;
      waiting.addressFree(pool, address.text);
      if (ledger.unblock(name)) this.offer(pool);
    }
    this.offer(address.pool);
  }

  #claimGone(claim: Claim): void {
    this.letGo(poolKeyOf(claim), claim.uid);
  }
}
