import type { Node, NodeStateFields, Timestamp } from './node.ts';
import { provisionState as s, type ProvisionState } from './states.ts';
import { transition, type NodeEvent } from './transitions.ts';

type Before = Pick<Node, 'provisionState' | 'targetProvisionState'>;

/** The clock fields that follow from writing a provision state, even the one the node is in already. */
export function timesOnEntering(
  from: ProvisionState,
  to: ProvisionState,
  now: Timestamp,
): Partial<Pick<NodeStateFields, 'provisionUpdatedAt' | 'inspectionStartedAt' | 'inspectionFinishedAt'>> {
  const provisionUpdatedAt = now;
  // Coming back from "inspect wait" restarts the inspection's clock, as in Ironic.
  if (to === s.inspecting) return { provisionUpdatedAt, inspectionStartedAt: now, inspectionFinishedAt: null };
  if (to === s.manageable && (from === s.inspecting || from === s.inspectWait)) {
    return { provisionUpdatedAt, inspectionStartedAt: null, inspectionFinishedAt: now };
  }
  if (to === s.inspectFailed) return { provisionUpdatedAt, inspectionStartedAt: null };
  return { provisionUpdatedAt };
}

/**
 * Everything an event writes by itself: state, target and clocks.
 * @throws TransitionRefused when the state has no such arc
 */
export function fieldsOnEvent(
  from: Before,
  event: NodeEvent,
  now: Timestamp,
  target?: ProvisionState,
): Partial<NodeStateFields> & Before {
  const to = transition(from, event, target);
  return { ...to, ...timesOnEntering(from.provisionState, to.provisionState, now) };
}
