import type { Ip } from '../address/ip.ts';
import type { Range } from '../address/range.ts';
import { BitTree } from './bit-tree.ts';
import { InterfaceIds } from './interface-ids.ts';

/** The addresses of one /64 of IPv6 that are in a set. */
interface Network {
  readonly first: bigint;
  readonly last: bigint;
  readonly ids: InterfaceIds;
}

const idBits = 64n;

/** A set of addresses of both families, by value. */
export class AddressSet {
  readonly #four = new BitTree();
  /** By the first 64 bits of the addresses; none is empty. */
  readonly #six = new Map<bigint, Network>();
  /** The one that was looked at last: mostly the next one, too, and comparing is quicker than finding. */
  #near: Network | undefined;

  has({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.has(Number(value));
    return this.#networkOf(value)?.ids.has(value) ?? false;
  }

  /** False if it was in already. */
  add({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.add(Number(value));
    return (this.#networkOf(value) ?? this.#newNetwork(value)).ids.add(value);
  }

  /** False if it was not in. */
  delete({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.delete(Number(value));
    const network = this.#networkOf(value);
    if (network?.ids.delete(value) !== true) return false;
    if (network.ids.isEmpty) {
      this.#six.delete(value >> idBits);
      this.#near = undefined;
    }
    return true;
  }

  /** The least address from `value` on that is not in the set; it may lie beyond the last one of the family. */
  nextAbsent(family: 4 | 6, value: bigint): bigint {
    if (family === 4) {
      const from = Number(value);
      const absent = this.#four.nextAbsent(from);
      return absent === from ? value : BigInt(absent);
    }
    const network = this.#networkOf(value);
    if (network === undefined) return value;
    const distance = network.ids.distanceToAbsent(value);
    if (distance === 0) return value;
    const absent = value + BigInt(distance);
    return absent > network.last ? this.nextAbsent(family, absent) : absent;
  }

  /** How many addresses of the range are in the set. */
  countIn({ family, first, last }: Pick<Range, 'family' | 'first' | 'last'>): number {
    if (family === 4) return this.#four.countBetween(Number(first), Number(last));
    let count = 0;
    for (const network of this.#six.values()) {
      if (network.last < first || network.first > last) continue;
      const from = network.first < first ? first : network.first;
      count += network.ids.countBetween(from, network.last > last ? last : network.last);
    }
    return count;
  }

  #networkOf(value: bigint): Network | undefined {
    const near = this.#near;
    if (near !== undefined && value >= near.first && value <= near.last) return near;
    if (this.#six.size === 0) return undefined;
    const found = this.#six.get(value >> idBits);
    if (found !== undefined) this.#near = found;
    return found;
  }

  #newNetwork(value: bigint): Network {
    const number = value >> idBits;
    const first = number << idBits;
    const network = { first, last: first | ((1n << idBits) - 1n), ids: new InterfaceIds() };
    this.#six.set(number, network);
    this.#near = network;
    return network;
  }
}
