import type { ObjectKey } from '@metal3/kube-client';
import { changesOf, ownersOf, relatedTo, withoutWaiting, type Cache, type Source } from '@metal3/kube-controller';
import {
  metal3Data as metal3DataKind,
  type BareMetalHost,
  type IPClaim,
  type Metal3Data,
  type Metal3DataClaim,
  type Metal3DataTemplate,
  type Metal3Machine,
} from '@metal3/metal3-api';
import { clusterNameLabel, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import type { IPAddressClaim } from '../cluster-api/ipam-kinds.ts';

export interface DataCaches {
  readonly data: Cache<Metal3Data>;
  readonly dataClaims: Cache<Metal3DataClaim>;
  readonly templates: Cache<Metal3DataTemplate>;
  readonly metal3Machines: Cache<Metal3Machine>;
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly hosts: Cache<BareMetalHost>;
  /** Address claims; their kinds may not be installed. */
  readonly ipClaims: Cache<IPClaim>;
  readonly ipAddressClaims: Cache<IPAddressClaim>;
}

/** Everything that data may wait for. */
export function dataSources(caches: DataCaches): readonly Source[] {
  const { data, dataClaims, templates, metal3Machines, clusters, ipClaims, ipAddressClaims } = caches;
  const dataWhere = (namespace: string | undefined, where: (one: Metal3Data) => boolean): ObjectKey[] =>
    data.list({ namespace, where }).map(({ metadata }) => ({ namespace, name: metadata.name ?? '' }));
  // A claim has the name of its machine.
  const ofClaim = ({ namespace, name }: ObjectKey) => dataWhere(namespace, ({ spec }) => spec.claim?.name === name);
  return [
    changesOf(data),
    relatedTo(dataClaims, ({ key }) => ofClaim(key)),
    relatedTo(metal3Machines, ({ key }) => ofClaim(key)),
    relatedTo(templates, ({ key }) => dataWhere(key.namespace, ({ spec }) => spec.template?.name === key.name)),
    relatedTo(clusters, ({ key, before, after }) =>
      before?.spec.paused === after?.spec.paused
        ? []
        : dataWhere(key.namespace, ({ metadata }) => metadata.labels?.[clusterNameLabel] === key.name),
    ),
    withoutWaiting(ownersOf(ipClaims, metal3DataKind)),
    withoutWaiting(ownersOf(ipAddressClaims, metal3DataKind)),
  ];
}
