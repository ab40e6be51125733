import { formatKey, isDeleting, type KubeClient, type KubeObject, keyOf, unlessGone } from '@metal3/kube-client';
import { addFinalizer, type Cache, hasFinalizer, patchSession, removeFinalizer } from '@metal3/kube-controller';
import { pausedAnnotation } from '../../pool/standing/decide.ts';
import { type Claim, type ClaimVerdict, type PoolReference, poolKeyOf, requestAnnotation } from '../claim.ts';
import type { ClaimBook } from '../ports.ts';

/** What is an API's own about its claims. */
export interface ClaimKind<T extends KubeObject> {
  readonly kind: Claim['kind'];
  readonly finalizer: string;
  poolOf(object: T): PoolReference | undefined;
  clusterOf(object: T): string | undefined;
  /** Name of the address object that the claim has been told. */
  addressOf(object: T): string | undefined;
  verdictOf(object: T): ClaimVerdict | undefined;
  /** Writes into the status that the claim has this address. @param now milliseconds since the epoch */
  bind(draft: T, addressName: string, now: number): void;
  /** Writes into the status why the claim has none. */
  tell(draft: T, verdict: ClaimVerdict, now: number): void;
}

/** Index of a cache by which the claims of a pool are found. */
export function claimIndexes<T extends KubeObject>(api: ClaimKind<T>): { pool: (object: T) => string[] } {
  return {
    pool: (object) => [formatKey(poolKeyOf({ key: keyOf(object), pool: api.poolOf(object) }))],
  };
}

/** The claims of one API on Kubernetes. The kind is the cache's, which may learn its version late. */
export function claimBook<T extends KubeObject>(
  api: ClaimKind<T>,
  client: KubeClient,
  cache: Cache<T>,
  clock: { now(): number },
): ClaimBook {
  const read = (object: T): Claim => readClaim(api, object);
  const readIf = (object: T | undefined): Claim | undefined => object && read(object);
  // Claims come from `read`.
  const open = (claim: Claim) => patchSession(client, cache.kind, claim.object as T);
  return {
    kind: api.kind,
    find: (key) => readIf(cache.find(key)),
    list: () => cache.list().map(read),
    ofPool: (pool) => cache.byIndex('pool', formatKey(pool)).map(read),

    async hold(claim, signal) {
      if (claim.held) return claim;
      const session = open(claim);
      addFinalizer(session.draft, api.finalizer);
      return read(await session.save({ signal }));
    },
    async bind(claim, addressName, signal) {
      const session = open(claim);
      api.bind(session.draft, addressName, clock.now());
      await session.save({ signal, precondition: true });
    },
    async tell(claim, verdict, signal) {
      const session = open(claim);
      api.tell(session.draft, verdict, clock.now());
      await session.save({ signal, precondition: true });
    },
    async letGo(claim, signal) {
      const session = open(claim);
      removeFinalizer(session.draft, api.finalizer);
      await unlessGone(session.save({ signal }));
    },
    async isGone({ key, uid }, signal) {
      const found = await client.find(cache.kind, key, { signal });
      return found === undefined || (uid !== '' && found.metadata.uid !== uid);
    },
    onChange: (listener) =>
      cache.onChange(({ before, after }) => listener({ before: readIf(before), after: readIf(after) })),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}

function readClaim<T extends KubeObject>(api: ClaimKind<T>, object: T): Claim {
  const { uid = '', creationTimestamp = '', annotations, finalizers = [] } = object.metadata;
  return {
    kind: api.kind,
    key: keyOf(object),
    uid,
    createdAt: creationTimestamp,
    pool: api.poolOf(object),
    requested: annotations?.[requestAnnotation],
    deleting: isDeleting(object),
    held: hasFinalizer(object, api.finalizer),
    inUse: finalizers.some((finalizer) => finalizer !== api.finalizer),
    paused: annotations?.[pausedAnnotation] !== undefined,
    clusterName: api.clusterOf(object),
    address: api.addressOf(object),
    told: api.verdictOf(object),
    object,
  };
}
