import { findCondition, setCondition } from '@metal3/kube-controller';
import type { IPClaim } from '@metal3/metal3-api';
import type { ClaimVerdict, PoolReference } from '../claim.ts';
import type { ClaimKind } from './claim-book.ts';

export const ipClaimFinalizer = 'ipclaim.ipam.metal3.io';

/** Metal3's IPClaims. */
export const ipClaims: ClaimKind<IPClaim> = {
  kind: 'IPClaim',
  finalizer: ipClaimFinalizer,
  poolOf: readPool,
  clusterOf: () => undefined,
  addressOf: ({ status }) => status?.address?.name,
  verdictOf: readVerdict,

  bind(draft, name, now) {
    const finding = { type: 'Ready', status: 'True', reason: 'Ready' } as const;
    const conditions = setCondition(draft.status?.conditions, finding, now);
    draft.status = { address: { name, namespace: draft.metadata.namespace ?? '' }, conditions };
  },
  tell(draft, { reason, message, errorMessage }, now) {
    const finding = { type: 'Ready', status: 'False', reason, message } as const;
    const conditions = setCondition(draft.status?.conditions, finding, now);
    draft.status = { conditions, ...(errorMessage !== undefined && { errorMessage }) };
  },
};

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
