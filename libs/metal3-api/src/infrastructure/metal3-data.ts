import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-data.ts';
import * as v1beta1 from './v1beta1/metal3-data.ts';

export type Metal3DataSpec = v1beta2.Metal3DataSpec;

export type Metal3DataStatus = v1beta2.Metal3DataStatus;

/** The rendered meta data and network data of one machine. */
export type Metal3Data = Resource<v1beta2.Metal3DataSpec, v1beta2.Metal3DataStatus>;

/** Metal3Data as clients of the deprecated v1beta1 see it. */
export type Metal3DataV1Beta1 = Resource<v1beta1.Metal3DataSpec, v1beta1.Metal3DataStatus>;

export const metal3Data = defineKind<Metal3Data>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3Data',
  plural: 'metal3datas',
  singular: 'metal3data',
  shortNames: ['m3d', 'm3data', 'm3datas', 'metal3d', 'metal3data'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  annotations: { 'clusterctl.cluster.x-k8s.io/skip-crd-name-preflight-check': '' },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3DataSpec,
      status: v1beta1.Metal3DataStatus,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3DataSpec,
      status: v1beta2.Metal3DataStatus,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'status',
    },
  ],
});
