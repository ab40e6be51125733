import type { Ip } from '../address/ip.ts';
import type { Range } from '../address/range.ts';
import { BitTree } from './bit-tree.ts';

/** Numbers are several times as fast as big integers. They hold all of IPv4, and the last 52 bits of an IPv6 address. */
const blockBits = 52;
const blockShift = BigInt(blockBits);
const blockSize = 2 ** blockBits;

/** A set of addresses of both families, by value. */
export class AddressSet {
  readonly #four = new BitTree();
  /** By the first 76 bits of the addresses; none is empty. */
  readonly #six = new Map<bigint, BitTree>();
  /** For the next block that is needed: random addresses make and empty one each. */
  #emptied: BitTree | undefined;

  has({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.has(Number(value));
    return this.#six.get(blockOf(value))?.has(placeOf(value)) ?? false;
  }

  /** False if it was in already. */
  add({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.add(Number(value));
    const number = blockOf(value);
    let block = this.#six.get(number);
    if (block === undefined) {
      block = this.#emptied ?? new BitTree();
      this.#emptied = undefined;
      this.#six.set(number, block);
    }
    return block.add(placeOf(value));
  }

  /** False if it was not in. */
  delete({ family, value }: Ip): boolean {
    if (family === 4) return this.#four.delete(Number(value));
    const number = blockOf(value);
    const block = this.#six.get(number);
    if (block?.delete(placeOf(value)) !== true) return false;
    if (block.isEmpty) {
      this.#six.delete(number);
      this.#emptied = block;
    }
    return true;
  }

  /** The least address from `value` on that is not in the set; it may lie beyond the last one of the family. */
  nextAbsent(family: 4 | 6, value: bigint): bigint {
    if (family === 4) return BigInt(this.#four.nextAbsent(Number(value)));
    if (this.#six.size === 0) return value;
    const number = blockOf(value);
    const block = this.#six.get(number);
    if (block === undefined) return value;
    const absent = block.nextAbsent(placeOf(value));
    // Nobody can have all of a block; but the last addresses of one and the first of the next, perhaps.
    if (absent === blockSize) return this.nextAbsent(family, (number + 1n) << blockShift);
    return (number << blockShift) + BigInt(absent);
  }

  /** How many addresses of the range are in the set. */
  countIn({ family, first, last }: Pick<Range, 'family' | 'first' | 'last'>): number {
    if (family === 4) return this.#four.countBetween(Number(first), Number(last));
    const [firstBlock, lastBlock] = [blockOf(first), blockOf(last)];
    let count = 0;
    for (const [number, block] of this.#six) {
      if (number < firstBlock || number > lastBlock) continue;
      const from = number === firstBlock ? placeOf(first) : 0;
      count += block.countBetween(from, number === lastBlock ? placeOf(last) : blockSize - 1);
    }
    return count;
  }
}

function blockOf(value: bigint): bigint {
  return value >> blockShift;
}

function placeOf(value: bigint): number {
  return Number(BigInt.asUintN(blockBits, value));
}
