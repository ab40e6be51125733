import { formatKey, isDeleting, type KubeClient, keyOf, unlessGone } from '@metal3/kube-client';
import {
  addFinalizer,
  type Cache,
  findCondition,
  hasFinalizer,
  patchSession,
  removeFinalizer,
  setCondition,
} from '@metal3/kube-controller';
import { type IPClaim, ipClaim } from '@metal3/metal3-api';
import { pausedAnnotation } from '../../pool/standing/decide.ts';
import { type Claim, type ClaimVerdict, type PoolReference, poolKeyOf, requestAnnotation } from '../claim.ts';
import type { ClaimBook } from '../ports.ts';

export const ipClaimFinalizer = 'ipclaim.ipam.metal3.io';

/** Index of the cache by which the claims of a pool are found. */
export const ipClaimIndexes = {
  pool: (object: IPClaim) => [formatKey(poolKeyOf(readIpClaim(object)))],
};

/** Metal3's IPClaims. */
export function metal3Claims(client: KubeClient, cache: Cache<IPClaim>, clock: { now(): number }): ClaimBook {
  const open = (claim: Claim) => patchSession(client, ipClaim, claim.object as IPClaim);
  const book: ClaimBook = {
    kind: 'IPClaim',
    find: (key) => readIf(cache.find(key)),
    list: () => cache.list().map(readIpClaim),
    ofPool: (pool) => cache.byIndex('pool', formatKey(pool)).map(readIpClaim),

    async hold(claim, signal) {
      if (claim.held) return claim;
      const session = open(claim);
      addFinalizer(session.draft, ipClaimFinalizer);
      return readIpClaim(await session.save({ signal }));
    },
    async bind(claim, name, signal) {
      const session = open(claim);
      const conditions = setCondition(session.draft.status?.conditions, readyFinding, clock.now());
      session.draft.status = { address: { name, namespace: claim.key.namespace ?? '' }, conditions };
      await session.save({ signal, precondition: true });
    },
    async tell(claim, { reason, message, errorMessage }, signal) {
      const session = open(claim);
      const finding = { type: 'Ready', status: 'False', reason, message } as const;
      const conditions = setCondition(session.draft.status?.conditions, finding, clock.now());
      session.draft.status = { conditions, ...(errorMessage !== undefined && { errorMessage }) };
      await session.save({ signal, precondition: true });
    },
    async letGo(claim, signal) {
      const session = open(claim);
      removeFinalizer(session.draft, ipClaimFinalizer);
      await unlessGone(session.save({ signal }));
    },
    async isGone({ key, uid }, signal) {
      const found = await client.find(ipClaim, key, { signal });
      return found === undefined || (uid !== '' && found.metadata.uid !== uid);
    },
    onChange: (listener) =>
      cache.onChange(({ before, after }) => listener({ before: readIf(before), after: readIf(after) })),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
  return book;
}

const readyFinding = { type: 'Ready', status: 'True', reason: 'Ready' } as const;

function readIf(object: IPClaim | undefined): Claim | undefined {
  return object && readIpClaim(object);
}

export function readIpClaim(object: IPClaim): Claim {
  const { uid = '', creationTimestamp = '', annotations, finalizers = [] } = object.metadata;
  return {
    kind: 'IPClaim',
    key: keyOf(object),
    uid,
    createdAt: creationTimestamp,
    pool: readPool(object),
    requested: annotations?.[requestAnnotation],
    deleting: isDeleting(object),
    held: hasFinalizer(object, ipClaimFinalizer),
    inUse: finalizers.some((finalizer) => finalizer !== ipClaimFinalizer),
    paused: annotations?.[pausedAnnotation] !== undefined,
    clusterName: undefined,
    address: object.status?.address?.name,
    told: readVerdict(object),
    object,
  };
}

function readPool({ metadata, spec }: IPClaim): PoolReference {
  const { name = '', kind = 'IPPool', apiVersion = 'ipam.metal3.io/', namespace = metadata.namespace } = spec.pool;
  const problem = ((): string | undefined => {
    if (name === '') return 'spec.pool.name is empty: name an IPPool';
    if (kind !== '' && kind !== 'IPPool') return `spec.pool.kind is ${kind}: claims are served from IPPools`;
    if (apiVersion !== '' && !apiVersion.startsWith('ipam.metal3.io/')) {
      return `spec.pool.apiVersion is ${apiVersion}: claims are served from pools of ipam.metal3.io`;
    }
    if (namespace !== '' && namespace !== metadata.namespace) {
      return `spec.pool.namespace is ${namespace}: a pool serves its own namespace only`;
    }
    return undefined;
  })();
  return problem === undefined ? { name } : { name, problem };
}

/** Upstream writes no conditions: its address, or its error, says the same. */
function readVerdict({ status }: IPClaim): ClaimVerdict | undefined {
  if (status === undefined) return undefined;
  const { address, errorMessage, conditions } = status;
  const condition = findCondition(conditions, 'Ready');
  if (errorMessage !== undefined || condition?.status === 'False') {
    const { reason = 'AllocationFailed', message = errorMessage ?? '' } = condition ?? {};
    return { ready: false, reason, message, errorMessage };
  }
  return address === undefined ? undefined : { ready: true, reason: 'Ready', message: '' };
}
