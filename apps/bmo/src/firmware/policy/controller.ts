import { unlessGone, type ObjectKey } from '@metal3/kube-client';
import { ownerReference, patchSession, setOwnerReference, type CachedClient } from '@metal3/kube-controller';
import { hostUpdatePolicy } from '@metal3/metal3-api';
import type { HostCaches } from '../../host/adapters/kubernetes.ts';

/** Makes a HostUpdatePolicy belong to the host of its name, so that it goes when the host goes. */
export function policyReconciler(client: CachedClient, { hosts, policies }: Pick<HostCaches, 'hosts' | 'policies'>) {
  return async (key: ObjectKey): Promise<undefined> => {
    const [host, policy] = [hosts.find(key), policies.find(key)];
    if (policy === undefined || host === undefined || host.metadata.deletionTimestamp !== undefined) return undefined;
    const session = patchSession(client, hostUpdatePolicy, policy, { owned: ['metadata.ownerReferences'] });
    if (setOwnerReference(session.draft, ownerReference(host, { blockOwnerDeletion: true }))) {
      await unlessGone(session.save());
    }
    return undefined;
  };
}

/** The host of a policy comes, perhaps after it. */
export function isNew({ before, after }: { readonly before: unknown; readonly after: unknown }): boolean {
  return before === undefined && after !== undefined;
}
