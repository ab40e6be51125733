import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-cluster-template.ts';
import * as v1beta1 from './v1beta1/metal3-cluster-template.ts';

export type Metal3ClusterTemplateSpec = v1beta2.Metal3ClusterTemplateSpec;

/** Template of Metal3Cluster for cluster classes. */
export type Metal3ClusterTemplate = Resource<v1beta2.Metal3ClusterTemplateSpec, never>;

/** Metal3ClusterTemplate as clients of the deprecated v1beta1 see it. */
export type Metal3ClusterTemplateV1Beta1 = Resource<v1beta1.Metal3ClusterTemplateSpec, never>;

export const metal3ClusterTemplate = defineKind<Metal3ClusterTemplate>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3ClusterTemplate',
  plural: 'metal3clustertemplates',
  singular: 'metal3clustertemplate',
  shortNames: ['m3ct'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  versions: [
    { name: 'v1beta1', storage: false, deprecated: true, spec: v1beta1.Metal3ClusterTemplateSpec },
    { name: 'v1beta2', storage: true, spec: v1beta2.Metal3ClusterTemplateSpec, schemaOptions: { required: ['spec'] } },
  ],
});
