import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-cluster.ts';
import * as v1beta1 from './v1beta1/metal3-cluster.ts';

export type Metal3ClusterSpec = v1beta2.Metal3ClusterSpec;

export type Metal3ClusterStatus = v1beta2.Metal3ClusterStatus;

/** Infrastructure of a Cluster API cluster on bare metal. */
export type Metal3Cluster = Resource<v1beta2.Metal3ClusterSpec, v1beta2.Metal3ClusterStatus>;

/** Metal3Cluster as clients of the deprecated v1beta1 see it. */
export type Metal3ClusterV1Beta1 = Resource<v1beta1.Metal3ClusterSpec, v1beta1.Metal3ClusterStatus>;

export const metal3Cluster = defineKind<Metal3Cluster>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3Cluster',
  plural: 'metal3clusters',
  singular: 'metal3cluster',
  shortNames: ['m3c', 'm3cluster', 'm3clusters', 'metal3c', 'metal3cluster'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3ClusterSpec,
      status: v1beta1.Metal3ClusterStatus,
      columns: [
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
        { jsonPath: '.status.ready', name: 'Ready', type: 'string' },
        { jsonPath: '.status.failureReason', name: 'Error', type: 'string' },
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.spec.controlPlaneEndpoint', name: 'Endpoint', type: 'string' },
      ],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3ClusterSpec,
      status: v1beta2.Metal3ClusterStatus,
      columns: [
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
        { jsonPath: '.status.initialization.provisioned', name: 'Provisioned', type: 'string' },
        { jsonPath: '.status.deprecated.v1beta1.failureReason', name: 'Error', type: 'string' },
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.spec.controlPlaneEndpoint', name: 'Endpoint', type: 'string' },
      ],
      subresources: 'status',
    },
  ],
});
