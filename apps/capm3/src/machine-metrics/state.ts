import { findCondition } from '@metal3/kube-controller';
import type { Metal3Machine } from '@metal3/metal3-api';
import { machineCondition } from '../machine/conditions/conditions.ts';
import { hostAnnotation } from '../machine/observe.ts';

/** How far machines are, as the metric tells it. */
export const machineStates = ['waiting', 'waiting-for-host', 'provisioning', 'provisioned', 'deleting'] as const;
export type MachineState = (typeof machineStates)[number];

/** "waiting" is for what others do first: cluster, bootstrap data, the end of a pause. */
export function machineState({ metadata, status }: Metal3Machine): MachineState {
  if (metadata.deletionTimestamp !== undefined) return 'deleting';
  if (status?.initialization?.provisioned === true) return 'provisioned';
  if (metadata.annotations?.[hostAnnotation] !== undefined) return 'provisioning';
  const association = findCondition(status?.conditions, machineCondition.associateHost);
  return association?.reason === 'AssociateBareMetalHostFailed' ? 'waiting-for-host' : 'waiting';
}
