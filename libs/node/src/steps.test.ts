import { expect, test } from '@jest/globals';
import { abortsAtOnce, nextStepIndex, orderSteps, type NodeStep } from './steps.ts';

const step = (name: string, priority: number, at: NodeStep['interface'] = 'deploy'): NodeStep => ({
  interface: at,
  step: name,
  priority,
});

test('steps run by priority, then by interface, then by name; priority 0 does not run', () => {
  const steps = [
    step('erase', 10),
    step('raid', 30, 'raid'),
    step('bios', 30, 'bios'),
    step('off', 0),
    step('a', 30, 'bios'),
  ];
  expect(orderSteps(steps).map(({ step: name }) => name)).toEqual(['a', 'bios', 'raid', 'erase']);
});

test.each([
  ['the first step is next before any has run', null, true, 0],
  ['the one after the current is next', 0, true, 1],
  ['the current one runs again when it asked for a reboot', 0, false, 0],
  ['after the last there is none', 1, true, undefined],
])('%s', (_sentence, index, skipCurrent, next) => {
  expect(nextStepIndex({ steps: [step('a', 2), step('b', 1)], index, skipCurrent })).toBe(next);
});

test('an abort waits for a step that cannot be stopped', () => {
  expect(abortsAtOnce(null)).toBe(true);
  expect(abortsAtOnce({ ...step('a', 1), abortable: true })).toBe(true);
  expect(abortsAtOnce(step('flash', 1))).toBe(false);
});
