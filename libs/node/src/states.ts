/** Provision states of a node, by their exact wire strings ("wait call-back" is the odd one: waiting for the deploy agent). */
export const provisionState = {
  enroll: 'enroll',
  verifying: 'verifying',
  manageable: 'manageable',
  available: 'available',
  active: 'active',
  deploying: 'deploying',
  deployWait: 'wait call-back',
  deployFailed: 'deploy failed',
  deployHold: 'deploy hold',
  deleting: 'deleting',
  cleaning: 'cleaning',
  cleanWait: 'clean wait',
  cleanFailed: 'clean failed',
  cleanHold: 'clean hold',
  error: 'error',
  inspecting: 'inspecting',
  inspectWait: 'inspect wait',
  inspectFailed: 'inspect failed',
  adopting: 'adopting',
  adoptFailed: 'adopt failed',
  rescue: 'rescue',
  rescuing: 'rescuing',
  rescueWait: 'rescue wait',
  rescueFailed: 'rescue failed',
  unrescuing: 'unrescuing',
  unrescueFailed: 'unrescue failed',
  servicing: 'servicing',
  serviceWait: 'service wait',
  serviceFailed: 'service failed',
  serviceHold: 'service hold',
} as const;

export type ProvisionState = (typeof provisionState)[keyof typeof provisionState];

export const provisionStates: readonly ProvisionState[] = Object.values(provisionState);

const known: ReadonlySet<string> = new Set(provisionStates);
export function isProvisionState(text: string): text is ProvisionState {
  return known.has(text);
}

/** Power states a node may report, and the requests that may stand in `target_power_state`. */
export const powerState = { on: 'power on', off: 'power off', error: 'error' } as const;
export type PowerState = (typeof powerState)[keyof typeof powerState];

export const powerTarget = {
  on: 'power on',
  off: 'power off',
  reboot: 'rebooting',
  softOff: 'soft power off',
  softReboot: 'soft rebooting',
} as const;
export type PowerTarget = (typeof powerTarget)[keyof typeof powerTarget];

export const powerTargets: readonly PowerTarget[] = Object.values(powerTarget);
export function isPowerTarget(text: string): text is PowerTarget {
  return (powerTargets as readonly string[]).includes(text);
}

/** Values of `fault`; a client may filter a list by these and by nothing else. */
export const fault = {
  power: 'power failure',
  clean: 'clean failure',
  rescueAbort: 'rescue abort failure',
  service: 'service failure',
} as const;
export type Fault = (typeof fault)[keyof typeof fault];
export const faults: readonly Fault[] = Object.values(fault);

const s = provisionState;
const states = (...members: ProvisionState[]): ReadonlySet<ProvisionState> => new Set(members);

/** States a node rests in; the target state is cleared on arrival. */
export const stableStates = states(s.enroll, s.manageable, s.available, s.active, s.error, s.rescue);

/** A conductor is acting, or should be: seen without a live lease, the work was interrupted. */
export const actingStates = states(
  s.verifying,
  s.deploying,
  s.deleting,
  s.cleaning,
  s.inspecting,
  s.adopting,
  s.rescuing,
  s.unrescuing,
  s.servicing,
);

/** Waiting for the agent (or for a poller) without holding the lease. */
export const waitStates = states(s.deployWait, s.cleanWait, s.inspectWait, s.rescueWait, s.serviceWait);
/** Waiting for a person's `unhold`. */
export const holdStates = states(s.deployHold, s.cleanHold, s.serviceHold);
export const failedStates = states(
  s.deployFailed,
  s.cleanFailed,
  s.inspectFailed,
  s.adoptFailed,
  s.rescueFailed,
  s.unrescueFailed,
  s.serviceFailed,
);

/** Neither stable nor failed nor held: a node here is not destroyed and not updated (Ironic's UNSTABLE). */
export const unstableStates: ReadonlySet<ProvisionState> = new Set([...actingStates, ...waitStates]);

/** `available` may be deleted too unless `allow_deleting_available_nodes` is off; a node in maintenance may be deleted in any state. */
export const deleteAllowedStates = states(s.manageable, s.enroll, s.adoptFailed);

/** States in which PATCH is accepted although a target state is set. */
export const updateAllowedStates = states(
  s.deployFailed,
  s.inspecting,
  s.inspectFailed,
  s.inspectWait,
  s.cleanFailed,
  s.error,
  s.verifying,
  s.adoptFailed,
  s.rescueFailed,
  s.unrescueFailed,
  s.serviceHold,
  s.serviceFailed,
);

/** States in which an `*_interface` (and a set resource class) may be changed; maintenance allows interfaces in the others. */
export const interfaceChangeStates = states(s.enroll, s.inspecting, s.inspectWait, s.manageable, s.available);

/** States in which an agent may look its node up when fast track is off. */
export const lookupAllowedStates = states(
  s.deploying,
  s.deployWait,
  s.cleaning,
  s.cleanWait,
  s.inspecting,
  s.inspectWait,
  s.rescuing,
  s.rescueWait,
  s.serviceWait,
);
export const fastTrackLookupAllowedStates: ReadonlySet<ProvisionState> = new Set([
  ...lookupAllowedStates,
  s.enroll,
  s.manageable,
  s.available,
  s.servicing,
  s.serviceHold,
]);

/** States in which a heartbeat may lead to work or is at least recorded. */
export const heartbeatAllowedStates = states(
  s.deployWait,
  s.cleanWait,
  s.rescueWait,
  s.serviceWait,
  s.deploying,
  s.cleaning,
  s.rescuing,
  s.servicing,
  s.deployHold,
  s.cleanHold,
  s.serviceHold,
);
export const fastTrackHeartbeatAllowedStates: ReadonlySet<ProvisionState> = new Set([
  ...heartbeatAllowedStates,
  s.manageable,
  s.available,
  s.enroll,
]);
/** The heartbeat is stored and starts nothing. */
export const heartbeatRecordOnlyStates = states(
  s.enroll,
  s.manageable,
  s.available,
  s.cleaning,
  s.deploying,
  s.rescuing,
  s.servicing,
  s.deployHold,
  s.cleanHold,
  s.serviceHold,
);

/** The power state seen by the periodic sync says nothing in these. */
export const powerSyncExcludedStates = states(s.deployWait, s.cleanWait, s.enroll, s.adoptFailed);
