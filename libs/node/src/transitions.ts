import { provisionState as s, stableStates, type ProvisionState } from './states.ts';

/** Events of the state machine. A person's verbs map onto the first group; the second belongs to the conductor. */
export const nodeEvents = [
  'manage',
  'provide',
  'inspect',
  'abort',
  'clean',
  'adopt',
  'deploy',
  'rebuild',
  'delete',
  'rescue',
  'unrescue',
  'service',
  'unhold',
  'done',
  'fail',
  'wait',
  'resume',
  'hold',
] as const;
export type NodeEvent = (typeof nodeEvents)[number];

type Arcs = { readonly [event in NodeEvent]?: ProvisionState };

/** The complete machine: state, event, new state. What is not listed is refused. */
export const transitionTable: { readonly [state in ProvisionState]: Arcs } = {
  [s.enroll]: { manage: s.verifying },
  [s.verifying]: { done: s.manageable, fail: s.enroll },
  [s.manageable]: { provide: s.cleaning, clean: s.cleaning, inspect: s.inspecting, adopt: s.adopting },
  [s.available]: { deploy: s.deploying, manage: s.manageable },
  [s.active]: { rebuild: s.deploying, delete: s.deleting, rescue: s.rescuing, service: s.servicing },

  [s.deploying]: { wait: s.deployWait, hold: s.deployHold, fail: s.deployFailed, done: s.active },
  [s.deployWait]: {
    resume: s.deploying,
    hold: s.deployHold,
    fail: s.deployFailed,
    abort: s.deployFailed,
    delete: s.deleting,
  },
  [s.deployHold]: { unhold: s.deployWait, abort: s.deployFailed },
  [s.deployFailed]: { deploy: s.deploying, rebuild: s.deploying, delete: s.deleting },

  [s.deleting]: { fail: s.error, clean: s.cleaning },
  [s.error]: { rebuild: s.deploying, delete: s.deleting },

  [s.cleaning]: { wait: s.cleanWait, hold: s.cleanHold, fail: s.cleanFailed, done: s.available, manage: s.manageable },
  [s.cleanWait]: { resume: s.cleaning, hold: s.cleanHold, fail: s.cleanFailed, abort: s.cleanFailed },
  [s.cleanHold]: { unhold: s.cleanWait, abort: s.cleanFailed },
  [s.cleanFailed]: { manage: s.manageable },

  [s.inspecting]: { wait: s.inspectWait, done: s.manageable, fail: s.inspectFailed },
  [s.inspectWait]: { resume: s.inspecting, done: s.manageable, fail: s.inspectFailed, abort: s.inspectFailed },
  [s.inspectFailed]: { inspect: s.inspecting, manage: s.manageable },

  [s.adopting]: { done: s.active, fail: s.adoptFailed },
  [s.adoptFailed]: { adopt: s.adopting, manage: s.manageable },

  [s.rescuing]: { wait: s.rescueWait, done: s.rescue, fail: s.rescueFailed },
  [s.rescueWait]: { resume: s.rescuing, fail: s.rescueFailed, abort: s.rescueFailed, delete: s.deleting },
  [s.rescue]: { rescue: s.rescuing, unrescue: s.unrescuing, delete: s.deleting },
  [s.rescueFailed]: { rescue: s.rescuing, unrescue: s.unrescuing, delete: s.deleting },
  [s.unrescuing]: { done: s.active, fail: s.unrescueFailed },
  [s.unrescueFailed]: { rescue: s.rescuing, unrescue: s.unrescuing, delete: s.deleting },

  [s.servicing]: { wait: s.serviceWait, hold: s.serviceHold, done: s.active, fail: s.serviceFailed },
  [s.serviceWait]: {
    resume: s.servicing,
    hold: s.serviceHold,
    fail: s.serviceFailed,
    abort: s.serviceFailed,
    delete: s.deleting,
  },
  [s.serviceHold]: {
    unhold: s.serviceWait,
    service: s.servicing,
    fail: s.serviceFailed,
    abort: s.serviceFailed,
  },
  [s.serviceFailed]: {
    service: s.servicing,
    rescue: s.rescuing,
    wait: s.serviceWait,
    hold: s.serviceHold,
    delete: s.deleting,
    abort: s.active,
  },
};

/** Where a state is heading unless the verb says otherwise; stable states head nowhere. */
const ownTarget: { readonly [state in ProvisionState]?: ProvisionState } = {
  [s.verifying]: s.manageable,
  [s.deploying]: s.active,
  [s.deployWait]: s.active,
  [s.deployFailed]: s.active,
  [s.deployHold]: s.active,
  [s.deleting]: s.available,
  [s.cleaning]: s.available,
  [s.cleanWait]: s.available,
  [s.cleanFailed]: s.available,
  [s.cleanHold]: s.available,
  [s.inspecting]: s.manageable,
  [s.inspectWait]: s.manageable,
  [s.inspectFailed]: s.manageable,
  [s.adopting]: s.active,
  [s.adoptFailed]: s.active,
  [s.rescuing]: s.rescue,
  [s.rescueWait]: s.rescue,
  [s.rescueFailed]: s.rescue,
  [s.unrescuing]: s.active,
  [s.unrescueFailed]: s.active,
  [s.servicing]: s.active,
  [s.serviceWait]: s.active,
  [s.serviceFailed]: s.active,
  [s.serviceHold]: s.active,
};

/** The states of manual or automated cleaning share one target, decided when cleaning starts. */
const cleanStates: ReadonlySet<ProvisionState> = new Set([s.cleaning, s.cleanWait, s.cleanFailed, s.cleanHold]);

export interface NodePosition {
  readonly provisionState: ProvisionState;
  readonly targetProvisionState: ProvisionState | null;
}

/** The event has no arc from the state: `InvalidStateRequested` (400) at the REST edge. */
export class TransitionRefused extends Error {
  override readonly name = 'TransitionRefused';
  readonly code = 'NODE-TRANSITION-REFUSED';
  readonly state: ProvisionState;
  readonly event: NodeEvent;

  constructor(state: ProvisionState, event: NodeEvent) {
    const allowed = eventsFrom(state);
    super(
      `A node in state "${state}" does not accept "${event}"; ` +
        (allowed.length > 0 ? `it accepts ${allowed.join(', ')}.` : 'it accepts nothing.'),
    );
    this.state = state;
    this.event = event;
  }
}

/** Events with an arc from `state`, in the order of `nodeEvents`. */
export function eventsFrom(state: ProvisionState): readonly NodeEvent[] {
  return nodeEvents.filter((event) => transitionTable[state][event] !== undefined);
}

export function canTransition(state: ProvisionState, event: NodeEvent): boolean {
  return transitionTable[state][event] !== undefined;
}

/**
 * Takes the arc of `event` from where the node stands. A stable state clears the target; cleaning keeps the target it was started
 * with; otherwise the new state's own target holds, and `target` (a stable state) wins over both: manual cleaning passes `manageable`.
 *
 * @throws TransitionRefused when there is no such arc
 */
export function transition(from: NodePosition, event: NodeEvent, target?: ProvisionState): NodePosition {
  const to = transitionTable[from.provisionState][event];
  if (to === undefined) throw new TransitionRefused(from.provisionState, event);
  if (stableStates.has(to)) return { provisionState: to, targetProvisionState: null };
  if (target !== undefined) return { provisionState: to, targetProvisionState: target };
  // A tear-down also hands its target on: a retired node is torn down towards "manageable".
  const staysClean =
    cleanStates.has(to) && (cleanStates.has(from.provisionState) || from.provisionState === s.deleting);
  return {
    provisionState: to,
    targetProvisionState: (staysClean ? from.targetProvisionState : null) ?? ownTarget[to] ?? null,
  };
}
