import type { Call } from '@metal3/grpc';
import { WatchAddressesResponse_Kind as Kind } from '@metal3/ipam-client';
import { accessGuard, formatKey } from '@metal3/kube-client';
import { follow, type Followed } from '@metal3/kube-controller';
import { ipAddress } from '@metal3/metal3-api';
import type { Claim } from '../claim/claim.ts';
import { clusterApiIpAddress } from '../cluster-api/kinds.ts';
import type { AddressBook, GivenAddress } from '../register/ports.ts';
import { addressServiceErrors as errors } from './errors.ts';
import { addressMessage } from './message.ts';
import type { AddressServiceParts, Methods } from './methods.ts';
import { pageOf } from './paging.ts';
import { claimKinds, filter, isWithin } from './request.ts';

/** What there is to see of the addresses that have been given out. */
export function addressMethods({
  client,
  books,
}: AddressServiceParts): Methods<'getAddress' | 'listAddresses' | 'watchAddresses'> {
  const access = {
    IPClaim: accessGuard(client, ipAddress, errors.forbidden),
    IPAddressClaim: accessGuard(client, clusterApiIpAddress, errors.forbidden),
  } as const;

  /** The addresses of the kinds that the caller may see. @throws ADDRESS-FORBIDDEN when that is neither */
  const visible = async (verb: 'list' | 'watch', namespace: string, { principal, signal }: Call) => {
    const answers = await Promise.allSettled(
      claimKinds.map((kind) => access[kind].require(principal, verb, { namespace }, signal)),
    );
    const seen = claimKinds.filter((_, at) => answers[at]?.status === 'fulfilled');
    const [first] = answers;
    if (seen.length === 0 && first?.status === 'rejected') throw first.reason;
    return together(seen.map((kind) => books.addresses[kind]));
  };

  return {
    async getAddress({ namespace, name, claim }, { principal, signal }) {
      if (name === '' && claim === '') throw errors.incomplete('name or claim must be given');
      await access.IPClaim.require(principal, 'get', { namespace, name }, signal);
      const { IPClaim: addresses } = books.addresses;
      const found =
        name === ''
          ? addressOf(books.claims.IPClaim.find({ namespace, name: claim }), books.addresses)
          : addresses.find({ namespace, name });
      if (found === undefined) {
        throw errors.notFound(`there is no address ${name === '' ? `of claim ${claim}` : name} in ${namespace}`);
      }
      return { address: addressMessage(found) };
    },

    async listAddresses({ namespace, pool, ...page }, call) {
      const source = await visible('list', namespace, call);
      const { items, nextPageToken } = pageOf(filter(source.list(), isOf(namespace, pool)), idOf, page);
      return { addresses: items.map(addressMessage), nextPageToken };
    },

    async *watchAddresses({ namespace, pool }, call) {
      const source = await visible('watch', namespace, call);
      for await (const news of follow(source, idOf, isOf(namespace, pool), call.signal)) {
        if (news.kind === 'synced') {
          yield { kind: Kind.SYNCED };
          continue;
        }
        const address = addressMessage(news.object);
        yield { kind: newsKinds[news.kind], address, token: address.resourceVersion ?? '' };
      }
    },
  };
}

/** The address that a claim has been told. */
export function addressOf(
  claim: Claim | undefined,
  books: Readonly<Record<Claim['kind'], AddressBook>>,
): GivenAddress | undefined {
  if (claim?.address === undefined) return undefined;
  return books[claim.kind].find({ namespace: claim.key.namespace, name: claim.address });
}

const newsKinds = { snapshot: Kind.SNAPSHOT, changed: Kind.CHANGED, deleted: Kind.DELETED } as const;

/** Several address books as one that can be followed. */
function together(books: readonly AddressBook[]): Followed<GivenAddress> {
  return {
    whenSynced: (signal) => Promise.all(books.map((book) => book.whenSynced(signal))),
    *list() {
      for (const book of books) yield* book.list();
    },
    onChange(listener) {
      const stops = books.map((book) => book.onChange(listener));
      return () => stops.forEach((stop) => stop());
    },
  };
}

/** Objects of the two APIs may share a name. */
function idOf({ key, api }: GivenAddress): string {
  return `${formatKey(key)} ${api}`;
}

function isOf(namespace: string, pool: string): (address: GivenAddress) => boolean {
  const within = isWithin(namespace);
  return ({ key, pool: of }) => within(key) && (pool === '' || of.name === pool);
}
