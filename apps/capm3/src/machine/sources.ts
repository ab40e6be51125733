import { relatedTo, changesOf, type Cache, type Source } from '@metal3/kube-controller';
import { keyOf, type ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, Metal3Cluster, Metal3Data, Metal3DataClaim, Metal3Machine } from '@metal3/metal3-api';
import { clusterNameLabel, ownerName, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import { hostAnnotation } from './observe.ts';

export interface MachineCaches {
  readonly metal3Machines: Cache<Metal3Machine>;
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly metal3Clusters: Cache<Metal3Cluster>;
  readonly hosts: Cache<BareMetalHost>;
  readonly dataClaims: Cache<Metal3DataClaim>;
  readonly data: Cache<Metal3Data>;
}

/** Everything that can end a wait of a machine: nothing is polled. */
export function machineSources(caches: MachineCaches): readonly Source[] {
  const { metal3Machines, machines, clusters, metal3Clusters, hosts, dataClaims, data } = caches;
  const ofCluster = (namespace: string | undefined, cluster: string | undefined): ObjectKey[] =>
    metal3Machines
      .list({ namespace, where: ({ metadata }) => metadata.labels?.[clusterNameLabel] === cluster })
      .map(keyOf);
  const waitingForHost = (namespace: string | undefined): ObjectKey[] =>
    metal3Machines
      .list({ namespace, where: ({ metadata }) => metadata.annotations?.[hostAnnotation] === undefined })
      .map(keyOf);

  return [
    changesOf(metal3Machines),
    relatedTo(machines, ({ key, before, after }) => {
      const owned = metal3Machines.list({
        namespace: key.namespace,
        where: ({ metadata }) => ownerName(metadata, 'Machine') === (after ?? before)?.metadata.name,
      });
      return owned.map(keyOf);
    }),
    relatedTo(clusters, ({ key }) => ofCluster(key.namespace, key.name)),
    relatedTo(metal3Clusters, ({ key, before, after }) =>
      ofCluster(key.namespace, ownerName((after ?? before)?.metadata ?? {}, 'Cluster')),
    ),
    // A claim has the name of its machine.
    relatedTo(dataClaims, ({ key }) => [key]),
    relatedTo(data, ({ key, before, after }) => {
      const name = (after ?? before)?.spec.claim?.name;
      return name === undefined ? [] : [{ namespace: key.namespace, name }];
    }),
    relatedTo(hosts, ({ key, before, after }) => {
      const consumers = [before?.spec.consumerRef, after?.spec.consumerRef].flatMap((consumer) =>
        consumer?.kind === 'Metal3Machine' ? [{ namespace: consumer.namespace, name: consumer.name ?? '' }] : [],
      );
      // One that is kept for reuse is its Cluster's.
      const consumer = after?.spec.consumerRef;
      const free = after !== undefined && (consumer === undefined || consumer.kind === 'Cluster');
      return free ? [...consumers, ...waitingForHost(key.namespace)] : consumers;
    }),
  ];
}
