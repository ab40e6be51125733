import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-machine-template.ts';
import * as v1beta1 from './v1beta1/metal3-machine-template.ts';

export type Metal3MachineTemplateSpec = v1beta2.Metal3MachineTemplateSpec;

/** Template of Metal3Machine, used by machine sets and control planes. */
export type Metal3MachineTemplate = Resource<v1beta2.Metal3MachineTemplateSpec, never>;

/** Metal3MachineTemplate as clients of the deprecated v1beta1 see it. */
export type Metal3MachineTemplateV1Beta1 = Resource<v1beta1.Metal3MachineTemplateSpec, never>;

export const metal3MachineTemplate = defineKind<Metal3MachineTemplate>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3MachineTemplate',
  plural: 'metal3machinetemplates',
  singular: 'metal3machinetemplate',
  shortNames: ['m3mt', 'm3machinetemplate', 'm3machinetemplates', 'metal3mt', 'metal3machinetemplate'],
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
      spec: v1beta1.Metal3MachineTemplateSpec,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'none',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3MachineTemplateSpec,
      schemaOptions: { required: ['spec'] },
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'none',
    },
  ],
});
