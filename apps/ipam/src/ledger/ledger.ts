import { formatIp, type Ip, ipKey, isIp } from '../address/ip.ts';
import type { Range } from '../address/range.ts';
import { AddressSet } from './address-set.ts';

/** What a decision may ask a ledger. */
export interface LedgerView {
  isTaken(ip: Ip): boolean;
  /** The least address from `from` on, in or beyond the range, that is not taken. */
  nextFree(range: Range, from: bigint): bigint;
  /** How many addresses of the range are taken. */
  countIn(range: Range): number;
  /** The address put down for a claim that has no IPAddress object yet, as far as this process knows. */
  heldFor(claimUid: string): Ip | undefined;
}

/**
 * Which addresses of one pool are taken: by IPAddress objects, by claims whose object is being made, and by objects of other pools that
 * have the name an address would get. Knows addresses by value; what is taken twice is free when both have let go.
 */
export class Ledger implements LedgerView {
  readonly #taken = new AddressSet();
  /** Addresses that are taken more than once, and how often beyond the first. */
  readonly #again = new Map<string, number>();
  readonly #held = new Map<string, Ip>();
  readonly #blocked = new Map<string, Ip>();
  readonly #onLetGo: () => void;

  /** @param onLetGo told when what was put down for a claim is no more */
  constructor(onLetGo: () => void = () => {}) {
    this.#onLetGo = onLetGo;
  }

  isTaken(ip: Ip): boolean {
    return this.#taken.has(ip);
  }

  nextFree({ family }: Range, from: bigint): bigint {
    return this.#taken.nextAbsent(family, from);
  }

  countIn(range: Range): number {
    return this.#taken.countIn(range);
  }

  take(ip: Ip): void {
    if (this.#taken.add(ip)) return;
    const key = ipKey(ip);
    this.#again.set(key, (this.#again.get(key) ?? 0) + 1);
  }

  giveBack(ip: Ip): void {
    const key = this.#again.size === 0 ? '' : ipKey(ip);
    const again = this.#again.get(key);
    if (again === undefined) this.#taken.delete(ip);
    else if (again === 1) this.#again.delete(key);
    else this.#again.set(key, again - 1);
  }

  /** Puts an address down for a claim, until `letGo`. A claim holds one address at a time. */
  hold(claimUid: string, ip: Ip): void {
    const before = this.#held.get(claimUid);
    if (isIp(ip, before)) return;
    this.take(ip);
    if (before !== undefined) this.giveBack(before);
    this.#held.set(claimUid, ip);
  }

  heldFor(claimUid: string): Ip | undefined {
    return this.#held.get(claimUid);
  }

  /** False if nothing was held. */
  letGo(claimUid: string): boolean {
    const ip = this.#held.get(claimUid);
    if (ip === undefined) return false;
    this.#held.delete(claimUid);
    this.giveBack(ip);
    this.#onLetGo();
    return true;
  }

  /** Addresses put down for claims and not registered yet. */
  get holds(): number {
    return this.#held.size;
  }

  /** Somebody outside this pool has the name that this address would get. */
  block(name: string, ip: Ip): void {
    if (this.#blocked.has(name)) return;
    this.#blocked.set(name, ip);
    this.take(ip);
  }

  /** False if the name was not blocked. */
  unblock(name: string): boolean {
    const ip = this.#blocked.get(name);
    if (ip === undefined) return false;
    this.#blocked.delete(name);
    this.giveBack(ip);
    return true;
  }

  /** Names that were in the way, with the address each stands for. */
  get blocked(): ReadonlyMap<string, string> {
    return new Map([...this.#blocked].map(([name, ip]) => [name, formatIp(ip)]));
  }
}
