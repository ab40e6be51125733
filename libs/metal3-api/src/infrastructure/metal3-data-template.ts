import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-data-template.ts';
import * as v1beta1 from './v1beta1/metal3-data-template.ts';

export type Metal3DataTemplateSpec = v1beta2.Metal3DataTemplateSpec;

export type Metal3DataTemplateStatus = v1beta2.Metal3DataTemplateStatus;

/** Template of meta data and network data, rendered for each machine. */
export type Metal3DataTemplate = Resource<v1beta2.Metal3DataTemplateSpec, v1beta2.Metal3DataTemplateStatus>;

/** Metal3DataTemplate as clients of the deprecated v1beta1 see it. */
export type Metal3DataTemplateV1Beta1 = Resource<v1beta1.Metal3DataTemplateSpec, v1beta1.Metal3DataTemplateStatus>;

export const metal3DataTemplate = defineKind<Metal3DataTemplate>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3DataTemplate',
  plural: 'metal3datatemplates',
  singular: 'metal3datatemplate',
  shortNames: ['m3dt', 'm3datatemplate', 'm3datatemplates', 'metal3dt', 'metal3datatemplate'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
    'clusterctl.cluster.x-k8s.io/move': '',
  },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3DataTemplateSpec,
      status: v1beta1.Metal3DataTemplateStatus,
      columns: [
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3DataTemplateSpec,
      status: v1beta2.Metal3DataTemplateStatus,
      columns: [
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
  ],
});
