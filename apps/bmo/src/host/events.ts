import type { ErrorType } from './decision.ts';

/** A core/v1 Event to be published about a host. */
export interface HostEvent {
  readonly reason: string;
  readonly message: string;
  readonly type?: 'Normal' | 'Warning';
}

/** Reason of the event, and label of the metric, that an error is reported with. */
const errorReasons: Readonly<Record<ErrorType, string>> = {
  'provisioned registration error': 'ProvisionedRegistrationError',
  'registration error': 'RegistrationError',
  'inspection error': 'InspectionError',
  'preparation error': 'PreparationError',
  'provisioning error': 'ProvisioningError',
  'power management error': 'PowerManagementError',
  'servicing error': 'ServicingError',
};

export function errorReason(type: ErrorType): string {
  return errorReasons[type];
}

export const event = (reason: string, message: string, type: HostEvent['type'] = 'Normal'): HostEvent => ({
  reason,
  message,
  type,
});
