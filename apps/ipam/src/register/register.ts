import type { Claim } from '../claim/claim.ts';
import type { AddressBook, AddressRegister, GivenAddress, RegistryOrder } from './ports.ts';

/**
 * The register of both APIs. An address is an object whose name follows from it, so creating that object is the compare-and-swap among
 * claims of one kind. Between the kinds the rule is: create first, then look whether the other kind has the name. Of two who do so at
 * once at most the earlier finds nothing, and nobody is told an address before that look. Who finds the other leaves its object where it is
 * and takes another address: taking it away could meet another process that has just told the claim of it. Once the claim
 * has been told an address, what else was made for it goes; before that, only an address that has been withdrawn.
 */
export function addressRegister(books: Readonly<Record<Claim['kind'], AddressBook>>): AddressRegister {
  const all = [books.IPClaim, books.IPAddressClaim] as const;
  const bookOf = (address: GivenAddress): AddressBook =>
    address.api === 'metal3' ? books.IPClaim : books.IPAddressClaim;

  const isAlone = async (address: GivenAddress, signal: AbortSignal): Promise<boolean> => {
    const other = address.api === 'metal3' ? books.IPAddressClaim : books.IPClaim;
    return (await other.read(address.key, signal)) === undefined;
  };

  return {
    ofClaim: (claim) => books[claim.kind].ofClaim(claim),
    find: (key) => books.IPClaim.find(key) ?? books.IPAddressClaim.find(key),
    *ofPool(pool) {
      for (const book of all) yield* book.ofPool(pool);
    },

    async register(order, signal) {
      const key = { namespace: order.claim.key.namespace, name: order.name };
      const known = all.some((book) => {
        const found = book.find(key);
        return found !== undefined && found.claim.uid !== order.claim.uid;
      });
      if (known && !order.restores) return 'taken';
      const own = await createOrFindOwn(books[order.claim.kind], order, signal);
      if (own === 'taken') return 'taken';
      // The claim was told of an address that is still there: nobody else can have been.
      if (order.restores && own.found) return own.address;
      if (await isAlone(own.address, signal)) return own.address;
      return order.restores ? 'taken' : 'contested';
    },

    async confirm(address, signal) {
      const [own, alone] = await Promise.all([bookOf(address).read(address.key, signal), isAlone(address, signal)]);
      return alone && own?.uid === address.uid && !own.deleting;
    },

    withdraw: (address, signal) => bookOf(address).withdraw(address, signal),
    release: (address, signal) => bookOf(address).remove(address, signal),
  };
}

/** An object that is there already may be our own: the answer to its creation was lost. */
async function createOrFindOwn(
  book: AddressBook,
  order: RegistryOrder,
  signal: AbortSignal,
): Promise<{ readonly address: GivenAddress; readonly found: boolean } | 'taken'> {
  for (;;) {
    const made = await book.create(order, signal);
    if (made !== 'exists') return { address: made, found: false };
    const address = await book.read({ namespace: order.claim.key.namespace, name: order.name }, signal);
    // It has gone between the two. Whoever was told the address does not leave it for another for that.
    if (address === undefined && order.restores) continue;
    const own = address?.claim.uid === order.claim.uid;
    return address !== undefined && own && (order.restores || !address.deleting) ? { address, found: true } : 'taken';
  }
}
