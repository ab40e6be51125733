import { defineKind, type Resource } from '../kind.ts';
import { Type, type Static } from '../schema.ts';
import { HardwareDetails } from './hardware-details.ts';

export const HardwareDataSpec = Type.Object({ hardware: Type.Optional(HardwareDetails) });
export type HardwareDataSpec = Static<typeof HardwareDataSpec>;

/** What inspection found in a host; it outlives the detail in the host status. */
export type HardwareData = Resource<HardwareDataSpec, never>;

export const hardwareData = defineKind<HardwareData>({
  group: 'metal3.io',
  kind: 'HardwareData',
  plural: 'hardwaredata',
  singular: 'hardwaredata',
  shortNames: ['hd'],
  // `clusterctl move` takes it along, so that the other side need not inspect again.
  labels: { 'clusterctl.cluster.x-k8s.io': '', 'clusterctl.cluster.x-k8s.io/move': '' },
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: HardwareDataSpec,
      columns: [{ jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' }],
      subresources: 'none',
    },
  ],
});
