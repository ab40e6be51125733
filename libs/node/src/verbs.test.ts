import { expect, test } from '@jest/globals';
import { provisionState as s, provisionStates } from './states.ts';
import { acceptsVerb, startStates, verbEvents, verbs, workBegunBy, type Verb } from './verbs.ts';

test.each<[Verb, readonly string[]]>([
  ['active', ['available', 'deploy failed']],
  ['rebuild', ['active', 'deploy failed', 'error']],
  [
    'deleted',
    [
      'active',
      'wait call-back',
      'deploy failed',
      'error',
      'rescue',
      'rescue wait',
      'rescue failed',
      'unrescue failed',
      'service wait',
      'service failed',
    ],
  ],
  ['manage', ['enroll', 'available', 'clean failed', 'inspect failed', 'adopt failed']],
  ['provide', ['manageable']],
  ['inspect', ['manageable', 'inspect failed']],
  ['clean', ['manageable']],
  ['adopt', ['manageable', 'adopt failed']],
  ['rescue', ['active', 'rescue', 'rescue failed', 'unrescue failed', 'service failed']],
  ['unrescue', ['rescue', 'rescue failed', 'unrescue failed']],
  ['unhold', ['deploy hold', 'clean hold', 'service hold']],
  ['service', ['active', 'service failed', 'service hold']],
  [
    'abort',
    [
      'wait call-back',
      'deploy hold',
      'clean wait',
      'clean hold',
      'inspect wait',
      'rescue wait',
      'service wait',
      'service failed',
      'service hold',
    ],
  ],
])('%s is accepted in the states Ironic accepts it in', (verb, states) => {
  expect(startStates(verb).toSorted()).toEqual([...states].toSorted());
  for (const state of provisionStates) expect(acceptsVerb(state, verb)).toBe(states.includes(state));
});

test('the older names of verbs mean the same', () => {
  expect(verbEvents.deploy).toBe(verbEvents.active);
  expect(verbEvents.undeploy).toBe(verbEvents.deleted);
});

test('a verb begins work where it leads to a state that acts, and only there', () => {
  for (const verb of verbs) {
    for (const state of startStates(verb)) {
      const begins = workBegunBy(verbEvents[verb], state) !== undefined;
      const steers = verb === 'abort' || verb === 'unhold';
      const rests = verb === 'manage' && state !== s.enroll;
      expect({ verb, state, begins }).toEqual({ verb, state, begins: !steers && !rests });
    }
  }
});
