import { keyOf, type ObjectKey } from '@metal3/kube-client';
import { changesOf, relatedTo, type Cache, type Source } from '@metal3/kube-controller';
import type { BareMetalHost, Metal3Remediation } from '@metal3/metal3-api';
import { ownerName, type Cluster, type Machine } from '../cluster-api/kinds.ts';

export interface RemediationCaches {
  readonly remediations: Cache<Metal3Remediation>;
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly hosts: Cache<BareMetalHost>;
}

/** What can end a wait of a remediation in this cluster; Nodes of others are asked now and then. */
export function remediationSources({ remediations, machines, clusters, hosts }: RemediationCaches): readonly Source[] {
  const underWay = (namespace: string | undefined): ObjectKey[] =>
    remediations.list({ namespace, where: ({ status }) => status?.phase !== 'Failed' }).map(keyOf);
  return [
    changesOf(remediations),
    relatedTo(machines, ({ key }) => {
      const owned = remediations.list({
        namespace: key.namespace,
        where: ({ metadata }) => ownerName(metadata, 'Machine') === key.name,
      });
      return owned.map(keyOf);
    }),
    // There are few remediations at any time.
    relatedTo(hosts, ({ key }) => underWay(key.namespace)),
    relatedTo(clusters, ({ key }) => underWay(key.namespace)),
  ];
}
