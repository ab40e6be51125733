import { isKubeError, keyOf, type KubeClient } from '@metal3/kube-client';
import { ownerReference, patchSession, removeFinalizer } from '@metal3/kube-controller';
import { metal3DataClaim } from '@metal3/metal3-api';
import { machineFinalizer } from '../finalizer.ts';
import type { DataDesk } from '../ports.ts';

/** Metal3DataClaims, named after their machines. */
export function kubernetesDataDesk(client: KubeClient): DataDesk {
  return {
    async claim(metal3Machine, template) {
      const { name = '', namespace = '', labels } = metal3Machine.metadata;
      try {
        await client.create(metal3DataClaim, {
          metadata: {
            name,
            namespace,
            finalizers: [machineFinalizer],
            ...(labels !== undefined && { labels }),
            ownerReferences: [ownerReference(metal3Machine, { controller: true })],
          },
          spec: { template: { name: template, namespace } },
        });
      } catch (error) {
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      }
    },
    async giveUp(claim) {
      const session = patchSession(client, metal3DataClaim, claim, { owned: ['metadata.finalizers'] });
      removeFinalizer(session.draft, machineFinalizer);
      try {
        await session.save();
        await client.delete(metal3DataClaim, keyOf(claim));
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
  };
}
