import { formatKey, isDeleting, type KubeClient, keyOf, unlessGone } from '@metal3/kube-client';
import {
  addFinalizer,
  type Cache,
  type ClusterApiCondition,
  type Condition,
  findCondition,
  hasFinalizer,
  patchSession,
  removeFinalizer,
  setClusterApiCondition,
  setCondition,
  setV1Beta2Condition,
} from '@metal3/kube-controller';
import { clusterNameLabel, type IPAddressClaim } from '../../cluster-api/kinds.ts';
import { pausedAnnotation } from '../../pool/standing/decide.ts';
import { type Claim, type ClaimVerdict, type PoolReference, poolKeyOf, requestAnnotation } from '../claim.ts';
import type { ClaimBook } from '../ports.ts';

export const ipAddressClaimFinalizer = 'ipam.metal3.io/ipaddressclaim';

export const ipAddressClaimIndexes = {
  pool: (object: IPAddressClaim) => [formatKey(poolKeyOf(readIpAddressClaim(object)))],
};

/** Cluster API's IPAddressClaims, in the version that the server has. */
export function clusterApiClaims(
  client: KubeClient,
  cache: Cache<IPAddressClaim>,
  clock: { now(): number },
): ClaimBook {
  const open = (claim: Claim) => patchSession(client, cache.kind, claim.object as IPAddressClaim);
  const book: ClaimBook = {
    kind: 'IPAddressClaim',
    find: (key) => readIf(cache.find(key)),
    list: () => cache.list().map(readIpAddressClaim),
    ofPool: (pool) => cache.byIndex('pool', formatKey(pool)).map(readIpAddressClaim),

    async hold(claim, signal) {
      if (claim.held) return claim;
      const session = open(claim);
      addFinalizer(session.draft, ipAddressClaimFinalizer);
      return readIpAddressClaim(await session.save({ signal }));
    },
    async bind(claim, name, signal) {
      const session = open(claim);
      session.draft.status = { ...session.draft.status, addressRef: { name } };
      setReady(session.draft, { ready: true, reason: 'Ready', message: '' }, clock.now());
      await session.save({ signal, precondition: true });
    },
    async tell(claim, verdict, signal) {
      const session = open(claim);
      const { addressRef: _lost, ...status } = session.draft.status ?? {};
      session.draft.status = status;
      setReady(session.draft, verdict, clock.now());
      await session.save({ signal, precondition: true });
    },
    async letGo(claim, signal) {
      const session = open(claim);
      removeFinalizer(session.draft, ipAddressClaimFinalizer);
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
  return book;
}

/** v1beta2 has the conditions of metav1; v1beta1 those of old Cluster API, with the new ones beside them. */
function setReady(draft: IPAddressClaim, { ready, reason, message }: ClaimVerdict, now: number): void {
  const status = (draft.status ??= {});
  const finding = { type: 'Ready', status: ready ? 'True' : 'False', reason, message } as const;
  if (isV1Beta2(draft)) {
    status.conditions = setCondition(status.conditions as Condition[] | undefined, finding, now);
    return;
  }
  status.conditions = setClusterApiCondition(
    status.conditions as ClusterApiCondition[] | undefined,
    ready
      ? { type: 'Ready', status: 'True' }
      : { type: 'Ready', status: 'False', severity: 'Error', reason, ...(message !== '' && { message }) },
    now,
  );
  setV1Beta2Condition(status, finding, now);
}

function isV1Beta2({ apiVersion }: IPAddressClaim): boolean {
  return apiVersion.endsWith('/v1beta2');
}

function readIf(object: IPAddressClaim | undefined): Claim | undefined {
  return object && readIpAddressClaim(object);
}

export function readIpAddressClaim(object: IPAddressClaim): Claim {
  const { uid = '', creationTimestamp = '', annotations, labels, finalizers = [] } = object.metadata;
  return {
    kind: 'IPAddressClaim',
    key: keyOf(object),
    uid,
    createdAt: creationTimestamp,
    pool: readPool(object),
    requested: annotations?.[requestAnnotation],
    deleting: isDeleting(object),
    held: hasFinalizer(object, ipAddressClaimFinalizer),
    inUse: finalizers.some((finalizer) => finalizer !== ipAddressClaimFinalizer),
    paused: annotations?.[pausedAnnotation] !== undefined,
    clusterName: object.spec.clusterName ?? labels?.[clusterNameLabel],
    address: object.status?.addressRef?.name,
    told: readVerdict(object),
    object,
  };
}

/** Other providers serve claims on pools of other kinds. */
function readPool({ spec }: IPAddressClaim): PoolReference | undefined {
  const { apiGroup, kind, name } = spec.poolRef;
  return apiGroup === 'ipam.metal3.io' && kind === 'IPPool' ? { name } : undefined;
}

function readVerdict({ status }: IPAddressClaim): ClaimVerdict | undefined {
  const condition = findCondition<{
    readonly type: string;
    readonly status: string;
    reason?: string;
    message?: string;
  }>(status?.conditions, 'Ready');
  if (condition === undefined) return undefined;
  const { reason = '', message = '' } = condition;
  return { ready: condition.status === 'True', reason, message };
}
