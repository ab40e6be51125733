const noneOf32 = 0;
const allOf32 = -1;

/**
 * A set of whole numbers from 0 to 2^53 - 1. 32 neighbours are the bits of one word, and the pages all of whose numbers are in the set are
 * themselves a set of this kind. So finding, adding, removing and "the next number that is not in it" cost a few look-ups, however many
 * there are; a run of neighbours takes the room of its logarithm, and numbers far apart take a word each.
 */
export class BitTree {
  /** The pages of which some numbers are in the set, but not all. */
  readonly #words = new Words();
  #fullPages: BitTree | undefined;

  get isEmpty(): boolean {
    return this.#words.isEmpty && (this.#fullPages === undefined || this.#fullPages.isEmpty);
  }

  has(value: number): boolean {
    return (this.#word(pageOf(value)) & bitOf(value)) !== 0;
  }

  /** The least number from `value` on that is not in the set. */
  nextAbsent(value: number): number {
    const page = pageOf(value);
    const word = this.#words.get(page);
    const absent = word === noneOf32 ? noneOf32 : ~word & bitsFrom(value);
    if (absent !== noneOf32) return page * 32 + lowest(absent);
    const search = word === noneOf32 ? page : page + 1;
    const open = this.#fullPages?.nextAbsent(search) ?? search;
    if (open === page) return value;
    return open * 32 + lowest(~this.#words.get(open));
  }

  /** False if it was in already. */
  add(value: number): boolean {
    const page = pageOf(value);
    const before = this.#word(page);
    const after = before | bitOf(value);
    if (after === before) return false;
    if (after !== allOf32) this.#words.set(page, after);
    else {
      this.#words.set(page, noneOf32);
      this.#fullPages ??= new BitTree();
      this.#fullPages.add(page);
    }
    return true;
  }

  /** False if it was not in. */
  delete(value: number): boolean {
    const page = pageOf(value);
    const before = this.#word(page);
    const after = before & ~bitOf(value);
    if (after === before) return false;
    if (before === allOf32) this.#fullPages?.delete(page);
    this.#words.set(page, after);
    return true;
  }

  /** How many numbers from `first` to `last` (both included) are in the set. Costs the number of pages that are neither empty nor full. */
  countBetween(first: number, last: number): number {
    if (first > last) return 0;
    const [firstPage, lastPage] = [pageOf(first), pageOf(last)];
    const [beginning, end] = [bitsFrom(first), bitsUpTo(last)];
    if (firstPage === lastPage) return ones(this.#word(firstPage) & beginning & end);
    let count = ones(this.#word(firstPage) & beginning) + ones(this.#word(lastPage) & end);
    for (const [page, word] of this.#words.entries()) if (page > firstPage && page < lastPage) count += ones(word);
    return count + 32 * (this.#fullPages?.countBetween(firstPage + 1, lastPage - 1) ?? 0);
  }

  #word(page: number): number {
    const word = this.#words.get(page);
    return word === noneOf32 && this.#fullPages?.has(page) === true ? allOf32 : word;
  }
}

/** Words by page, without those of no bits. The first one needs no map: among addresses that are far apart, most trees have no other. */
class Words {
  #onlyPage = 0;
  #onlyWord = noneOf32;
  #several: Map<number, number> | undefined;

  get isEmpty(): boolean {
    return this.#several === undefined ? this.#onlyWord === noneOf32 : this.#several.size === 0;
  }

  get(page: number): number {
    if (this.#several !== undefined) return this.#several.get(page) ?? noneOf32;
    return page === this.#onlyPage ? this.#onlyWord : noneOf32;
  }

  set(page: number, word: number): void {
    if (this.#several === undefined) {
      if (page === this.#onlyPage || this.#onlyWord === noneOf32) {
        this.#onlyPage = page;
        this.#onlyWord = word;
        return;
      }
      this.#several = new Map([[this.#onlyPage, this.#onlyWord]]);
    }
    if (word === noneOf32) this.#several.delete(page);
    else this.#several.set(page, word);
  }

  entries(): Iterable<readonly [page: number, word: number]> {
    if (this.#several !== undefined) return this.#several;
    return this.#onlyWord === noneOf32 ? [] : [[this.#onlyPage, this.#onlyWord]];
  }
}

/** By division: a shift would end at 2^32. */
function pageOf(value: number): number {
  return Math.floor(value / 32);
}

// Shifts take the last five bits of their right side, which are the number's place in its page.
function bitOf(value: number): number {
  return 1 << value;
}

/** The bits of a page from this number's on. */
function bitsFrom(value: number): number {
  return allOf32 << value;
}

/** The bits of a page up to this number's. */
function bitsUpTo(value: number): number {
  return allOf32 >>> (31 - (value & 31));
}

/** The place of the lowest bit that is set; there is one. */
function lowest(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
