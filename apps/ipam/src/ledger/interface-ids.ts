import { BitTree } from './bit-tree.ts';

/** Numbers are several times as fast as big integers: they hold 52 of the 64 bits, and blocks are numbered by the other twelve. */
const blockSize = 2 ** 52;
const lastBlock = 2 ** 12 - 1;
const half = 2 ** 32;
/** Bits of the upper half that belong to the place in a block. */
const upperPlaceBits = 20;
const upperPlaceMask = 2 ** upperPlaceBits - 1;

/** The way from a big integer to numbers and back that makes no other big integers. */
const word = new DataView(new ArrayBuffer(8));

/** A set of numbers of 64 bits: the last halves of the IPv6 addresses of one /64. Of what it is given, the last 64 bits count. */
export class InterfaceIds {
  /** None is empty. */
  readonly #blocks = new Map<number, BitTree>();
  /** For the next block that is needed: random addresses make and empty one each. */
  #emptied: BitTree | undefined;

  get isEmpty(): boolean {
    return this.#blocks.size === 0;
  }

  has(id: bigint): boolean {
    return this.#blocks.get(blockOf(id))?.has(placeOf(id)) ?? false;
  }

  /** False if it was in already. */
  add(id: bigint): boolean {
    const number = blockOf(id);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = this.#emptied ?? new BitTree();
      this.#emptied = undefined;
      this.#blocks.set(number, block);
    }
    return block.add(placeOf(id));
  }

  /** False if it was not in. */
  delete(id: bigint): boolean {
    const number = blockOf(id);
    const block = this.#blocks.get(number);
    if (block?.delete(placeOf(id)) !== true) return false;
    if (block.isEmpty) {
      this.#blocks.delete(number);
      this.#emptied = block;
    }
    return true;
  }

  /** How far it is from `id` to the least number from there on that is not in the set; that number may be 2^64. */
  distanceToAbsent(id: bigint): number {
    let distance = 0;
    let place = placeOf(id);
    for (let number = blockOf(id); number <= lastBlock; number++, place = 0) {
      const absent = this.#blocks.get(number)?.nextAbsent(place) ?? place;
      distance += absent - place;
      // Nobody can have all of a block; but the last addresses of one and the first of the next, perhaps.
      if (absent < blockSize) break;
    }
    return distance;
  }

  /** How many from `first` to `last` (both included) are in the set. */
  countBetween(first: bigint, last: bigint): number {
    const [begin, end] = [blockOf(first), blockOf(last)];
    let count = 0;
    for (const [number, block] of this.#blocks) {
      if (number < begin || number > end) continue;
      const from = number === begin ? placeOf(first) : 0;
      count += block.countBetween(from, number === end ? placeOf(last) : blockSize - 1);
    }
    return count;
  }
}

function blockOf(id: bigint): number {
  word.setBigUint64(0, id);
  return word.getUint32(0) >>> upperPlaceBits;
}

function placeOf(id: bigint): number {
  word.setBigUint64(0, id);
  return (word.getUint32(0) & upperPlaceMask) * half + word.getUint32(4);
}
