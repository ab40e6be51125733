import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldsOnEvent } from './arrival.ts';
import {
  actingStates,
  failedStates,
  holdStates,
  provisionState as s,
  provisionStates,
  stableStates,
  unstableStates,
  waitStates,
  type ProvisionState,
} from './states.ts';
import {
  canTransition,
  eventsFrom,
  nodeEvents,
  transition,
  transitionTable,
  TransitionRefused,
  type NodeEvent,
  type NodePosition,
} from './transitions.ts';

const arcs = provisionStates.flatMap((from) =>
  eventsFrom(from).map((event) => ({ from, event, to: transitionTable[from][event] as ProvisionState })),
);

/** Everything that can be reached from a state by some events. */
function reachable(
  start: ProvisionState,
  allowed: (event: NodeEvent) => boolean = () => true,
): ReadonlySet<ProvisionState> {
  const seen = new Set([start]);
  for (const state of seen) {
    for (const arc of arcs) if (arc.from === state && allowed(arc.event)) seen.add(arc.to);
  }
  return seen;
}

describe('the table', () => {
  test('has the 93 arcs of the machine', () => {
    expect(arcs).toHaveLength(93);
  });

  test('leads only to states that exist', () => {
    for (const { to } of arcs) expect(provisionStates).toContain(to);
  });

  test('puts every state into exactly one class', () => {
    const classes = [stableStates, actingStates, waitStates, holdStates, failedStates];
    for (const state of provisionStates) {
      expect({ state, classes: classes.filter((members) => members.has(state)).length }).toEqual({ state, classes: 1 });
    }
    expect([...unstableStates].toSorted()).toEqual([...actingStates, ...waitStates].toSorted());
  });

  test('reaches every state from enrolment', () => {
    expect(reachable(s.enroll).size).toBe(provisionStates.length);
  });

  test('leads from every state back to available', () => {
    for (const state of provisionStates) expect([state, reachable(state).has(s.available)]).toEqual([state, true]);
  });

  test('lets work that is under way end well or fail, and a wait be given up', () => {
    for (const state of actingStates) expect([state, canTransition(state, 'fail')]).toEqual([state, true]);
    for (const state of waitStates) {
      expect([state, canTransition(state, 'fail'), canTransition(state, 'resume')]).toEqual([state, true, true]);
    }
    for (const state of holdStates) {
      expect([state, canTransition(state, 'unhold'), canTransition(state, 'abort')]).toEqual([state, true, true]);
    }
  });

  test('lets an operator out of every failed state', () => {
    const own = new Set<NodeEvent>(['done', 'fail', 'wait', 'resume', 'hold']);
    for (const state of [...failedStates, s.error]) {
      expect([state, eventsFrom(state).some((event) => !own.has(event))]).toEqual([state, true]);
    }
  });

  test('has the exact wire strings', () => {
    expect(s.deployWait).toBe('wait call-back');
    for (const state of provisionStates) expect(state).toMatch(/^[a-z]+( [a-z-]+)?$/);
  });
});

describe('a transition', () => {
  test.each<[string, NodePosition, NodeEvent, ProvisionState | undefined, NodePosition]>([
    ['begins verification', at(s.enroll), 'manage', undefined, at(s.verifying, s.manageable)],
    ['rests in a stable state without a target', at(s.verifying, s.manageable), 'done', undefined, at(s.manageable)],
    ['keeps no target when verification fails', at(s.verifying, s.manageable), 'fail', undefined, at(s.enroll)],
    ['cleans towards available', at(s.manageable), 'provide', undefined, at(s.cleaning, s.available)],
    ['cleans by hand towards manageable', at(s.manageable), 'clean', s.manageable, at(s.cleaning, s.manageable)],
    [
      'keeps the target of a manual cleaning while it waits',
      at(s.cleaning, s.manageable),
      'wait',
      undefined,
      at(s.cleanWait, s.manageable),
    ],
    [
      'keeps the target of a manual cleaning when it is aborted',
      at(s.cleanWait, s.manageable),
      'abort',
      undefined,
      at(s.cleanFailed, s.manageable),
    ],
    [
      'keeps the target of a failed deployment',
      at(s.deploying, s.active),
      'fail',
      undefined,
      at(s.deployFailed, s.active),
    ],
    ['tears down towards available', at(s.deployWait, s.active), 'delete', undefined, at(s.deleting, s.available)],
    [
      'cleans a retired node towards manageable after its tear-down',
      at(s.deleting, s.manageable),
      'clean',
      undefined,
      at(s.cleaning, s.manageable),
    ],
    [
      'keeps "manageable" for BMO when inspection is aborted',
      at(s.inspectWait, s.manageable),
      'abort',
      undefined,
      at(s.inspectFailed, s.manageable),
    ],
    ['ends a failed tear-down in error, without a target', at(s.deleting, s.available), 'fail', undefined, at(s.error)],
  ])('%s', (_sentence, from, event, target, to) => {
    expect(transition(from, event, target)).toEqual(to);
  });

  test('is refused where the table has no arc, naming what is accepted', () => {
    const refused = () => transition(at(s.available), 'provide');
    expect(refused).toThrow(TransitionRefused);
    expect(refused).toThrow('A node in state "available" does not accept "provide"; it accepts manage, deploy.');
  });

  test('along any path: a target stands exactly in states that head somewhere, and is a stable one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...nodeEvents), { maxLength: 60 }), (events) => {
        let here: NodePosition = at(s.enroll);
        for (const event of events) {
          if (!canTransition(here.provisionState, event)) continue;
          here = transition(here, event);
          const { provisionState, targetProvisionState } = here;
          expect(targetProvisionState === null).toBe(stableStates.has(provisionState));
          if (targetProvisionState !== null) expect(stableStates).toContain(targetProvisionState);
        }
      }),
    );
  });
});

describe('the clocks of a node', () => {
  const now = 1_000;
  test('run anew with every provision state', () => {
    expect(fieldsOnEvent(at(s.available), 'deploy', now)).toMatchObject({ provisionUpdatedAt: now });
  });

  test.each([
    ['start with an inspection', at(s.manageable), 'inspect', { inspectionStartedAt: now, inspectionFinishedAt: null }],
    ['start again when it resumes', at(s.inspectWait, s.manageable), 'resume', { inspectionStartedAt: now }],
    ['note its end', at(s.inspecting, s.manageable), 'done', { inspectionStartedAt: null, inspectionFinishedAt: now }],
    ['forget its start when it fails', at(s.inspecting, s.manageable), 'fail', { inspectionStartedAt: null }],
  ] as const)('%s', (_sentence, from, event, fields) => {
    expect(fieldsOnEvent(from, event, now)).toMatchObject(fields);
  });
});

function at(provisionState: ProvisionState, targetProvisionState: ProvisionState | null = null): NodePosition {
  return { provisionState, targetProvisionState };
}
