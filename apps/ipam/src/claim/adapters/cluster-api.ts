import {
  type ClusterApiCondition,
  type Condition,
  findCondition,
  setClusterApiCondition,
  setCondition,
  setV1Beta2Condition,
} from '@metal3/kube-controller';
import { clusterNameLabel, type IPAddressClaim } from '../../cluster-api/kinds.ts';
import type { ClaimVerdict, PoolReference } from '../claim.ts';
import type { ClaimKind } from './claim-book.ts';

export const ipAddressClaimFinalizer = 'ipam.metal3.io/ipaddressclaim';

/** Cluster API's IPAddressClaims, in the version that the server has. */
export const ipAddressClaims: ClaimKind<IPAddressClaim> = {
  kind: 'IPAddressClaim',
  finalizer: ipAddressClaimFinalizer,
  poolOf: readPool,
  clusterOf: ({ metadata, spec }) => spec.clusterName ?? metadata.labels?.[clusterNameLabel],
  addressOf: ({ status }) => status?.addressRef?.name,
  verdictOf: readVerdict,

  bind(draft, name, now) {
    draft.status = { ...draft.status, addressRef: { name } };
    setReady(draft, { ready: true, reason: 'Ready', message: '' }, now);
  },
  tell(draft, verdict, now) {
    const { addressRef: _lost, ...status } = draft.status ?? {};
    draft.status = status;
    setReady(draft, verdict, now);
  },
};

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
