import { provisionStates, type ProvisionState } from './states.ts';
import { canTransition, type NodeEvent } from './transitions.ts';

/** What a client may put into `PUT states/provision`, and the event each one fires. */
export const verbEvents = {
  active: 'deploy',
  deploy: 'deploy',
  deleted: 'delete',
  undeploy: 'delete',
  rebuild: 'rebuild',
  manage: 'manage',
  provide: 'provide',
  inspect: 'inspect',
  abort: 'abort',
  clean: 'clean',
  adopt: 'adopt',
  rescue: 'rescue',
  unrescue: 'unrescue',
  unhold: 'unhold',
  service: 'service',
} as const satisfies Record<string, NodeEvent>;

export type Verb = keyof typeof verbEvents;
export const verbs = Object.keys(verbEvents) as readonly Verb[];

export function isVerb(text: string): text is Verb {
  return Object.hasOwn(verbEvents, text);
}

/**
 * What a conductor has to carry out for a node, kept in `node_work` from acceptance to the end. `abort` and `unhold` are no work of their
 * own: they steer the work that is under way.
 */
export const workKinds = [
  'verify',
  'inspect',
  'clean',
  'deploy',
  'rebuild',
  'tear-down',
  'adopt',
  'rescue',
  'unrescue',
  'service',
] as const;
export type WorkKind = (typeof workKinds)[number];

/** The work that an accepted event begins; undefined when the transition is all there is to do (available -> manageable) or steers. */
export function workBegunBy(event: NodeEvent, from: ProvisionState): WorkKind | undefined {
  switch (event) {
    case 'manage':
      return from === 'enroll' ? 'verify' : undefined;
    case 'provide':
    case 'clean':
      return 'clean';
    case 'inspect':
    case 'deploy':
    case 'rebuild':
    case 'adopt':
    case 'rescue':
    case 'unrescue':
    case 'service':
      return event;
    case 'delete':
      return 'tear-down';
    default:
      return undefined;
  }
}

/** States from which `verb` is accepted, in the order of `provisionStates`. */
export function startStates(verb: Verb): readonly ProvisionState[] {
  return provisionStates.filter(
    (state) => state !== 'cleaning' && state !== 'deleting' && canTransition(state, verbEvents[verb]),
  );
}

/** True when a client's verb is accepted in `state`; `cleaning` and `deleting` have arcs that are the conductor's alone. */
export function acceptsVerb(state: ProvisionState, verb: Verb): boolean {
  return state !== 'cleaning' && state !== 'deleting' && canTransition(state, verbEvents[verb]);
}
