import type { BareMetalHostStatus } from '@metal3/metal3-api';

/** Values of `status.provisioning.state`. `match profile` and `ready` were written by releases of old. */
export const provisioningStates = [
  '',
  'unmanaged',
  'registering',
  'inspecting',
  'match profile',
  'preparing',
  'ready',
  'available',
  'provisioning',
  'provisioned',
  'externally provisioned',
  'deprovisioning',
  'powering off before delete',
  'deleting',
] as const;

export type ProvisioningState = (typeof provisioningStates)[number];

/** undefined for a state this release does not know. */
export function stateOf(status: Pick<BareMetalHostStatus, 'provisioning'> | undefined): ProvisioningState | undefined {
  const state = status?.provisioning.state ?? '';
  return provisioningStates.find((known) => known === state);
}

/** Without these the state means nothing to Ironic yet. */
export function knowsNode(state: ProvisioningState): boolean {
  return state !== '' && state !== 'unmanaged';
}

export type OperationName = keyof NonNullable<BareMetalHostStatus['operationHistory']>;

/** The operation whose duration a state is measured as. */
export const operationOfState: Readonly<Partial<Record<ProvisioningState, OperationName>>> = {
  registering: 'register',
  inspecting: 'inspect',
  provisioning: 'provision',
  deprovisioning: 'deprovision',
};
