import { keyOf, type ObjectKey } from '@metal3/kube-client';
import { changesOf, relatedTo, type Source } from '@metal3/kube-controller';
import { clusterNameLabel, ownerName } from '../cluster-api/kinds.ts';
import { hostAnnotation } from '../machine/observe.ts';
import type { LabelSyncCaches } from './controller.ts';

/** What makes labels of a host go to a Node: the host, a Node of its Machine, and what its cluster asks for. */
export function labelSyncSources(caches: LabelSyncCaches): readonly Source[] {
  const { hosts, metal3Machines, machines, clusters, metal3Clusters } = caches;
  const ofCluster = (namespace: string | undefined, cluster: string | undefined): ObjectKey[] =>
    hosts.list({ namespace, where: ({ metadata }) => metadata.labels?.[clusterNameLabel] === cluster }).map(keyOf);
  return [
    changesOf(hosts),
    relatedTo(metal3Clusters, ({ key, before, after }) =>
      ofCluster(key.namespace, ownerName((after ?? before)?.metadata ?? {}, 'Cluster')),
    ),
    relatedTo(clusters, ({ key, before, after }) =>
      before?.spec.paused === after?.spec.paused ? [] : ofCluster(key.namespace, key.name),
    ),
    relatedTo(machines, ({ key, before, after }) => {
      if (before?.status?.nodeRef?.name === after?.status?.nodeRef?.name) return [];
      const own = metal3Machines.list({
        namespace: key.namespace,
        where: ({ metadata }) => ownerName(metadata, 'Machine') === key.name,
      });
      return own.flatMap(({ metadata }): ObjectKey[] => {
        const name = metadata.annotations?.[hostAnnotation]?.split('/').at(-1);
        return name === undefined ? [] : [{ namespace: key.namespace, name }];
      });
    }),
  ];
}
