import { customResourceDefinition, isKubeError, type KubeClient } from '@metal3/kube-client';
import { eventually } from '@metal3/testing';
import { cluster, clusterApiIpAddress, ipAddressClaim } from '../cluster-api/kinds.ts';

/** Installs Cluster API's kinds, unless another test has; resolves when they are served. */
export async function installCrds(api: KubeClient, crds: readonly object[]): Promise<void> {
  for (const crd of crds) {
    await api.create(customResourceDefinition, crd as never).catch((error: unknown) => {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    });
  }
  for (const kind of [cluster, ipAddressClaim, clusterApiIpAddress]) {
    await eventually(() => api.list(kind, { limit: 1 }), { timeoutMs: 60_000 });
  }
}
