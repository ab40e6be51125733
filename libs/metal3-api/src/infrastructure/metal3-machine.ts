import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-machine.ts';
import * as v1beta1 from './v1beta1/metal3-machine.ts';

export type Metal3MachineSpec = v1beta2.Metal3MachineSpec;

export type Metal3MachineStatus = v1beta2.Metal3MachineStatus;

/** A Cluster API machine that runs on a chosen BareMetalHost. */
export type Metal3Machine = Resource<v1beta2.Metal3MachineSpec, v1beta2.Metal3MachineStatus>;

/** Metal3Machine as clients of the deprecated v1beta1 see it. */
export type Metal3MachineV1Beta1 = Resource<v1beta1.Metal3MachineSpec, v1beta1.Metal3MachineStatus>;

export const metal3Machine = defineKind<Metal3Machine>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3Machine',
  plural: 'metal3machines',
  singular: 'metal3machine',
  shortNames: ['m3m', 'm3machine', 'm3machines', 'metal3m', 'metal3machine'],
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
      spec: v1beta1.Metal3MachineSpec,
      status: v1beta1.Metal3MachineStatus,
      columns: [
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
        { jsonPath: '.spec.providerID', name: 'ProviderID', type: 'string' },
        { jsonPath: '.status.ready', name: 'Ready', type: 'string' },
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
        { jsonPath: '.status.phase', name: 'Phase', type: 'string' },
      ],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3MachineSpec,
      status: v1beta2.Metal3MachineStatus,
      columns: [
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
        { jsonPath: '.spec.providerID', name: 'ProviderID', type: 'string' },
        { jsonPath: '.status.initialization.provisioned', name: 'Provisioned', type: 'string' },
        { jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', name: 'Cluster', type: 'string' },
      ],
      subresources: 'status',
    },
  ],
});
