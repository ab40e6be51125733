import { expect, test } from '@jest/globals';
import { gist, now, runningAgent, seen } from '../seen-for-tests.ts';
import { decideIdle, nextLook } from './decide.ts';

const power = (target: 'power on' | 'power off' | 'rebooting' | 'soft power off' | 'soft rebooting') => ({
  target,
  timeoutSeconds: null,
  requestedAt: now,
});
const state = (known: 'on' | 'off') => ({ state: known, asked: null, seenAt: now, looks: 0 }) as const;
const failure = { error: 'no answer', event: 'fail', fault: null } as const;
const faulty = { maintenance: true, fault: 'power failure' } as const;

test.each<[string, Parameters<typeof seen>[0], string]>([
  ['switches on', { power: power('power on') }, 'effect {"kind":"set-power","to":"on","manner":"hard","confirm":true}'],
  [
    'is done when the machine is as wanted',
    { power: power('power on'), journal: { power: state('on') } },
    'end with nothing',
  ],
  [
    'asks the system to shut down for a soft power off',
    { power: power('soft power off') },
    'effect {"kind":"set-power","to":"off","manner":"soft","confirm":true}',
  ],
  [
    'reboots by off',
    { power: power('rebooting') },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'and on',
    { power: power('rebooting'), journal: { power: state('off'), done: ['went-off'] } },
    'effect {"kind":"set-power","to":"on","manner":"hard","confirm":true}',
  ],
  [
    'restarts a machine that must not be switched off',
    { node: { disablePowerOff: true }, power: power('soft rebooting') },
    'effect {"kind":"restart","manner":"soft"}',
  ],
  [
    'takes the medium out when the agent that ran from it has ended',
    { power: power('power off'), journal: { power: state('off'), done: ['agent-medium'] } },
    'effect {"kind":"eject-media"}',
  ],
  [
    'has noted before that there was one',
    { node: { agent: runningAgent, powerState: 'power on' }, power: power('power off') },
    'note',
  ],
  ['does not look at a node that was woken for nothing', {}, 'end with nothing'],
  ['looks at the power when it is time', { syncDue: true }, 'effect {"kind":"read-power"}'],
  ['not while the node enrols', { syncDue: true, node: { provisionState: 'enroll' } }, 'end with nothing'],
  ['not while a person has it in maintenance', { syncDue: true, node: { maintenance: true } }, 'end with nothing'],
  [
    'but does while it is in maintenance for a power fault',
    { syncDue: true, node: faulty },
    'effect {"kind":"read-power"}',
  ],
])('a node at rest %s', (_sentence, known, expected) => {
  expect(gist(decideIdle(seen({ kind: 'idle', ...known })))).toBe(expected);
});

test('a BMC that stays away puts the node into maintenance with the fault that clients look for', () => {
  expect(decideIdle(seen({ kind: 'idle', journal: { failure } }))).toMatchObject({
    change: { patch: { maintenance: true, fault: 'power failure', powerState: null } },
  });
});

test('one that is back takes it out again', () => {
  const back = seen({ kind: 'idle', syncDue: true, node: faulty, journal: { power: state('on') } });
  expect(decideIdle(back)).toMatchObject({ change: { patch: { maintenance: false, fault: null, lastError: null } } });
});

test('a power request that fails is over, with the reason', () => {
  expect(decideIdle(seen({ kind: 'idle', power: power('power off'), journal: { failure } }))).toMatchObject({
    change: {
      power: null,
      patch: { targetPowerState: null, lastError: "Failed to change power state to 'power off': no answer" },
    },
  });
});

test('the next look is sooner for a node with a power fault, and never for one that nobody may touch', () => {
  const { policy } = seen({});
  expect(nextLook(seen({}))).toBe(policy.timeouts.powerSync);
  expect(nextLook(seen({ node: faulty }))).toBe(policy.timeouts.faultRecovery);
  expect(nextLook(seen({ node: { maintenance: true } }))).toBeNull();
});
