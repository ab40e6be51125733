import type { BareMetalHost, BareMetalHostStatus } from '@metal3/metal3-api';
import { timestampOf, type Instant } from '../kernel.ts';
import type { ErrorType, StatusChange } from './decision.ts';
import { operationOfState, type ProvisioningState } from './states.ts';

/** The status of a host that nobody has looked at: the fields that every status must have. */
export function emptyStatus(): BareMetalHostStatus {
  return {
    operationalStatus: '',
    errorMessage: '',
    errorCount: 0,
    provisioningFailCount: 0,
    poweredOn: false,
    provisioning: { state: '', ID: '' },
  };
}

/** Structs that upstream writes even when they are empty: clients read what is in them without asking whether they are there. */
export function wholeStatus(status: BareMetalHostStatus): BareMetalHostStatus {
  const { provisioning, operationHistory } = status;
  return {
    goodCredentials: {},
    triedCredentials: {},
    ...status,
    operationHistory: { register: {}, inspect: {}, provision: {}, deprovision: {}, ...operationHistory },
    provisioning: { image: { url: '' }, ...provisioning },
  };
}

/** Applies a change; `provisioning` is merged, undefined removes a field. */
export function changed(status: BareMetalHostStatus, { provisioning, ...fields }: StatusChange): BareMetalHostStatus {
  const merged = { ...status, ...fields, provisioning: { ...status.provisioning, ...provisioning } };
  return withoutUndefined({ ...merged, provisioning: withoutUndefined(merged.provisioning) }) as BareMetalHostStatus;
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The recorded error is over. How often it happened stays on record until its operation succeeds. */
export function errorCleared(status: BareMetalHostStatus): BareMetalHostStatus {
  return changed(status, { operationalStatus: 'OK', errorType: undefined, errorMessage: '' });
}

export function failedWith(
  status: BareMetalHostStatus,
  errorType: ErrorType,
  errorMessage: string,
): BareMetalHostStatus {
  return changed(status, { operationalStatus: 'error', errorType, errorMessage, errorCount: status.errorCount + 1 });
}

/** What is said of a host before anybody looks after it, or about what it leaves with its state. */
const overWithTheState: ReadonlySet<string> = new Set(['', 'discovered', 'servicing']);
const statesThatLatchBootMode: ReadonlySet<ProvisioningState> = new Set(['registering', 'inspecting', 'provisioning']);

/** The status on entering a state: the clocks of the operations, and the boot mode, which must not change under way. */
export function entered(
  { spec }: BareMetalHost,
  status: BareMetalHostStatus,
  from: ProvisioningState,
  to: ProvisioningState,
  now: Instant,
): BareMetalHostStatus {
  const giveUp = to === 'deprovisioning' && status.errorType !== undefined;
  return changed(operationBegun(operationEnded(status, operationOfState[from], now), operationOfState[to], now), {
    // An undone attempt still counts towards the pause before the next one.
    ...(giveUp ? {} : { errorCount: 0 }),
    ...(overWithTheState.has(status.operationalStatus) && to !== 'unmanaged'
      ? { operationalStatus: 'OK' as const }
      : {}),
    provisioning: {
      state: to,
      ...(statesThatLatchBootMode.has(to) ? { bootMode: spec.bootMode ?? 'UEFI' } : {}),
    },
  });
}

type Operation = keyof NonNullable<BareMetalHostStatus['operationHistory']>;

export function operationBegun(
  status: BareMetalHostStatus,
  operation: Operation | undefined,
  now: Instant,
): BareMetalHostStatus {
  if (operation === undefined) return status;
  const { start, end } = status.operationHistory?.[operation] ?? {};
  if (start && !end) return status;
  return withOperation(status, operation, { start: timestampOf(now) });
}

export function operationEnded(
  status: BareMetalHostStatus,
  operation: Operation | undefined,
  now: Instant,
): BareMetalHostStatus {
  if (operation === undefined) return status;
  const { start, end } = status.operationHistory?.[operation] ?? {};
  if (!start || end) return status;
  return withOperation(status, operation, { start, end: timestampOf(now) });
}

function withOperation(
  status: BareMetalHostStatus,
  operation: Operation,
  metric: { start: string; end?: string },
): BareMetalHostStatus {
  return changed(status, { operationHistory: { ...status.operationHistory, [operation]: metric } });
}
