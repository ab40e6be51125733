import type { BareMetalHost } from '@metal3/metal3-api';
import type { HostPatch } from '../../machine/association/host-spec.ts';
import { nodeReuseLabel } from '../../machine/host-choice/decide.ts';

/** Hosts that a cluster on its way out keeps for machines that will never be: everybody may have them. */
export function keptHosts(
  hosts: readonly BareMetalHost[],
  cluster: { readonly namespace: string | undefined; readonly name: string | undefined },
): readonly BareMetalHost[] {
  return hosts.filter(({ metadata, spec: { consumerRef } }) => {
    const isKept = metadata.labels?.[nodeReuseLabel] !== undefined && consumerRef?.kind === 'Cluster';
    return isKept && consumerRef.name === cluster.name && consumerRef.namespace === cluster.namespace;
  });
}

export const freed: HostPatch = { metadata: { labels: { [nodeReuseLabel]: null } }, spec: { consumerRef: null } };
