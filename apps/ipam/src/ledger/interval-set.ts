/** Neighbouring intervals, first and last value of each; never empty. */
interface Chunk {
  readonly firsts: bigint[];
  readonly lasts: bigint[];
}

const chunkCapacity = 32;

/**
 * A set of whole numbers, kept as the intervals that they form. Finding, adding, removing and "the next number that is not in it" cost
 * the logarithm of the number of intervals, whatever their lengths: a full /8 is one interval, and so is what is taken of a /64 in order.
 */
export class IntervalSet {
  // A list of short lists, so that an insertion moves a few hundred entries at most.
  readonly #chunks: Chunk[] = [];
  #size = 0;
  /** What `nextAbsent` answered last, and where: mostly it is added next. */
  #answered: bigint | undefined;
  #answeredAt = 0;
  #answeredLeft = 0;

  get size(): number {
    return this.#size;
  }

  has(value: bigint): boolean {
    const chunk = this.#chunks[this.#chunkFor(value)];
    if (chunk === undefined) return false;
    const last = chunk.lasts[startingUpTo(chunk, value)];
    return last !== undefined && value <= last;
  }

  /** The least number from `value` on that is not in the set. */
  nextAbsent(value: bigint): bigint {
    const at = this.#chunkFor(value);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return value;
    const left = startingUpTo(chunk, value);
    const last = chunk.lasts[left];
    if (last === undefined || value > last) return value;
    this.#answeredAt = at;
    this.#answeredLeft = left;
    // Intervals that touch have been joined, so that what follows one is free.
    return (this.#answered = last + 1n);
  }

  /** False if it was in already. */
  add(value: bigint): boolean {
    const known = value === this.#answered;
    const at = known ? this.#answeredAt : this.#chunkFor(value);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ firsts: [value], lasts: [value] });
      this.#size = 1;
      return true;
    }
    const { firsts, lasts } = chunk;
    const left = known ? this.#answeredLeft : startingUpTo(chunk, value);
    this.#answered = undefined;
    const leftLast = lasts[left];
    if (leftLast !== undefined && value <= leftLast) return false;
    this.#size += 1;

    const next = left + 1 < firsts.length ? chunk : this.#chunks[at + 1];
    const right = next === chunk ? left + 1 : 0;
    const touchesLeft = leftLast !== undefined && leftLast + 1n === value;
    const touchesRight = next !== undefined && next.firsts[right] === value + 1n;
    if (touchesLeft && touchesRight) {
      lasts[left] = next.lasts[right] ?? value;
      this.#drop(next === chunk ? at : at + 1, right);
    } else if (touchesLeft) lasts[left] = value;
    else if (touchesRight) next.firsts[right] = value;
    else this.#insert(at, left + 1, value, value);
    return true;
  }

  /** False if it was not in. */
  delete(value: bigint): boolean {
    const at = this.#chunkFor(value);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const { firsts, lasts } = chunk;
    const index = startingUpTo(chunk, value);
    const first = firsts[index];
    const last = lasts[index];
    if (first === undefined || last === undefined || value > last) return false;
    this.#size -= 1;
    this.#answered = undefined;

    if (first === last) this.#drop(at, index);
    else if (value === first) firsts[index] = value + 1n;
    else if (value === last) lasts[index] = value - 1n;
    else {
      lasts[index] = value - 1n;
      this.#insert(at, index + 1, value + 1n, last);
    }
    return true;
  }

  /** How many numbers from `first` to `last` (both included) are in the set. Costs the number of intervals there. */
  countBetween(first: bigint, last: bigint): number {
    let count = 0n;
    for (let at = this.#chunkFor(first); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at];
      if (chunk === undefined) break;
      for (let index = 0; index < chunk.firsts.length; index++) {
        const from = chunk.firsts[index] ?? 0n;
        const to = chunk.lasts[index] ?? 0n;
        if (from > last) return Number(count);
        const start = from < first ? first : from;
        const end = to > last ? last : to;
        if (start <= end) count += end - start + 1n;
      }
    }
    return Number(count);
  }

  /** The last chunk that begins at or before `value`; else the first. */
  #chunkFor(value: bigint): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const begins = this.#chunks[middle]?.firsts[0];
      if (begins !== undefined && begins <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #insert(at: number, index: number, first: bigint, last: bigint): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    insertAt(chunk.firsts, index, first);
    insertAt(chunk.lasts, index, last);
    if (chunk.firsts.length <= chunkCapacity) return;
    const half = chunkCapacity >> 1;
    this.#chunks.splice(at + 1, 0, { firsts: chunk.firsts.splice(half), lasts: chunk.lasts.splice(half) });
  }

  #drop(at: number, index: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    removeAt(chunk.firsts, index);
    removeAt(chunk.lasts, index);
    if (chunk.firsts.length === 0) this.#chunks.splice(at, 1);
  }
}

/** The place of the last interval that begins at or before `value`; -1 if all begin after it. */
function startingUpTo({ firsts }: Chunk, value: bigint): number {
  let low = -1;
  let high = firsts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((firsts[middle] ?? 0n) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

// By hand, since splice makes an array of what it removes: these two are half of what an allocation costs.
function removeAt(values: bigint[], index: number): void {
  for (let at = index + 1; at < values.length; at++) values[at - 1] = values[at] ?? 0n;
  values.pop();
}

function insertAt(values: bigint[], index: number, value: bigint): void {
  values.push(value);
  for (let at = values.length - 1; at > index; at--) values[at] = values[at - 1] ?? 0n;
  values[index] = value;
}
