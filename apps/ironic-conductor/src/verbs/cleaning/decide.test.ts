import { expect, test } from '@jest/globals';
import type { Journal } from '../../work/journal.ts';
import { fakeInterfaces, gist, now, runningAgent, seen, someNode } from '../seen-for-tests.ts';
import { decideCleaning } from './decide.ts';

const automated = { provisionState: 'cleaning', targetProvisionState: 'available' } as const;
const waiting = { provisionState: 'clean wait', targetProvisionState: 'available' } as const;
const inspected = { agent: null, powerState: 'power on', inspectionFinishedAt: now - 5_000 } as const;
const manual = { provisionState: 'cleaning', targetProvisionState: 'manageable' } as const;
const off = { state: 'off', asked: null, seenAt: now, looks: 0 } as const;
const on = { ...off, state: 'on' } as const;
const boot = (stage: NonNullable<Journal['boot']>['stage'], startedAt: number | null = null) =>
  ({ purpose: 'clean', stage, fastTrack: false, startedAt }) as const;
const erase = { interface: 'deploy', step: 'erase_devices_metadata', priority: 10, abortable: true } as const;
const steps = (finished: number) => ({ list: [erase], finished, hardwareManagerVersion: {} });
const command = (status: NonNullable<Journal['command']>['status'], lookedAt = now) => ({
  id: 'c1',
  name: 'execute_clean_step',
  givenAt: now - 5_000,
  status,
  error: status === 'failed' ? 'disk is read only' : null,
  lookedAt,
});

test.each<[string, Parameters<typeof seen>[0], string]>([
  [
    'switches the machine off first',
    { node: automated },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  ['uses an agent that is running', { node: { ...automated, agent: runningAgent, powerState: 'power on' } }, 'note'],
  [
    'does not use one that has been silent for five minutes',
    { node: { ...automated, agent: { ...runningAgent, lastHeartbeat: now - 300_000 }, powerState: 'power on' } },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'waits for the first heartbeat of an agent that has just inspected the machine',
    { node: { ...automated, ...inspected }, journal: {} },
    'wait for the first heartbeat of the agent',
  ],
  [
    'waits for it only where the machine is still on',
    { node: { ...automated, ...inspected, powerState: 'power off' } },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'does not wait for it where the system of an instance was running since',
    { node: { ...automated, ...inspected }, args: { after_instance: true } },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'does not count on it for longer than a minute',
    { node: { ...automated, ...inspected, inspectionFinishedAt: now - 60_000 } },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'leaves a machine on that must not be switched off',
    { node: { ...automated, disablePowerOff: true } },
    'effect {"kind":"prepare-boot","purpose":"clean"}',
  ],
  [
    'looks first whether such a machine is on',
    { node: { ...automated, disablePowerOff: true }, journal: { boot: boot('ordered') } },
    'effect {"kind":"read-power"}',
  ],
  [
    'restarts it into the agent',
    { node: { ...automated, disablePowerOff: true }, journal: { power: on, boot: boot('ordered') } },
    'effect {"kind":"restart","manner":"hard"}',
  ],
  [
    'switches it on when it is off',
    { node: { ...automated, disablePowerOff: true }, journal: { power: off, boot: boot('ordered') } },
    'effect {"kind":"set-power","to":"on","manner":"hard","confirm":false}',
  ],
  [
    'restarts it once',
    {
      node: { ...automated, disablePowerOff: true },
      journal: { power: on, boot: boot('ordered'), done: ['restarted'] },
    },
    'note',
  ],
  [
    'takes the medium out of it at the end, and leaves it on',
    { node: { ...automated, disablePowerOff: true }, journal: { power: on, boot: boot('ready'), steps: steps(1) } },
    'effect {"kind":"eject-media"}',
  ],
  [
    'prepares the medium of a machine that is off',
    { node: automated, journal: { power: off } },
    'effect {"kind":"prepare-boot","purpose":"clean"}',
  ],
  [
    'inserts it',
    { node: automated, journal: { power: off, boot: boot('prepared') } },
    'effect {"kind":"insert-media"}',
  ],
  [
    'boots from it once',
    { node: automated, journal: { power: off, boot: boot('inserted') } },
    'effect {"kind":"set-boot-device","device":"cdrom","persistent":false}',
  ],
  [
    'starts the machine without waiting for the BMC to say so',
    { node: automated, journal: { power: off, boot: boot('ordered') } },
    'effect {"kind":"set-power","to":"on","manner":"hard","confirm":false}',
  ],
  [
    'waits for the agent',
    { node: waiting, journal: { boot: boot('started', now) } },
    'wait for the first heartbeat of the agent',
  ],
  [
    'looks after a machine that does not call for a minute',
    { node: waiting, journal: { boot: boot('started', now - 60_000) } },
    'effect {"kind":"read-power"}',
  ],
  [
    'starts a machine again that turns out to be off',
    { node: waiting, journal: { power: off, boot: boot('started', now - 60_000) } },
    'effect {"kind":"set-power","to":"on","manner":"hard","confirm":false}',
  ],
  [
    'asks the agent for its steps',
    { node: waiting, journal: { boot: boot('ready') } },
    'effect {"kind":"ask-steps","of":"clean"}',
  ],
  [
    'gives it the first',
    { node: waiting, journal: { boot: boot('ready'), steps: steps(0) } },
    `effect {"kind":"give-step","of":"clean","index":0,"step":${JSON.stringify(erase)}}`,
  ],
  [
    'waits for the end of a step',
    { node: waiting, journal: { boot: boot('ready'), steps: steps(0), command: command('running') } },
    'wait for the end of clean step deploy.erase_devices_metadata',
  ],
  [
    'looks at it when a heartbeat came',
    {
      node: { ...waiting, agent: runningAgent },
      journal: { boot: boot('ready'), steps: steps(0), command: command('running', now - 2_000) },
    },
    'effect {"kind":"look-at-command"}',
  ],
  [
    'fails with the words of the agent',
    { node: waiting, journal: { boot: boot('ready'), steps: steps(0), command: command('failed') } },
    `fail: Agent returned error for clean step deploy.erase_devices_metadata on node ${someNode.uuid} : disk is read only`,
  ],
  [
    'reads what its steps may have changed of BIOS and firmware',
    {
      node: manual,
      args: { clean_steps: [{ interface: 'bios', step: 'factory_reset' }] },
      journal: {
        steps: { list: [{ interface: 'bios', step: 'factory_reset' }], finished: 1, hardwareManagerVersion: {} },
      },
    },
    'effect {"kind":"read-firmware","settingsToo":true}',
  ],
  [
    'ends with the last step, keeping the agent',
    {
      node: { ...automated, agent: runningAgent, powerState: 'power on' },
      journal: { boot: boot('ready'), steps: steps(1) },
    },
    'end with done',
  ],
  [
    'returns a retired node to manageable',
    {
      node: { ...automated, retired: true, agent: runningAgent, powerState: 'power on' },
      journal: { boot: boot('ready'), steps: steps(1) },
    },
    'end with manage',
  ],
  [
    'switches the machine off when there is no agent to keep',
    { node: automated, journal: { boot: boot('ready'), steps: steps(1) } },
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'does nothing for a node that is not to be cleaned',
    { node: { ...automated, automatedClean: false } },
    'end with done',
  ],
  [
    'needs no agent for fake hardware',
    { node: { ...automated, driver: 'fake-hardware', interfaces: fakeInterfaces } },
    'note',
  ],
  [
    'runs steps of the BMC without an agent',
    {
      node: manual,
      args: { clean_steps: [{ interface: 'bios', step: 'apply_configuration', args: { settings: [] } }] },
    },
    'note',
  ],
])('cleaning %s', (_sentence, known, expected) => {
  expect(gist(decideCleaning(seen(known)))).toBe(expected);
});

test('a failed step puts the node into maintenance with a fault, and says why', () => {
  const failure = { error: 'Agent returned error', event: 'fail', fault: null } as const;
  const decision = decideCleaning(seen({ node: waiting, journal: { boot: boot('ready'), steps: steps(0), failure } }));
  expect(decision).toMatchObject({
    kind: 'end',
    change: {
      event: 'fail',
      patch: { maintenance: true, fault: 'clean failure', lastError: expect.stringContaining('Agent returned error') },
    },
  });
});

test('an abort switches the machine off, and leaves no fault', () => {
  const failure = { error: 'By request, the clean operation was aborted', event: 'abort', fault: null } as const;
  const before = seen({ node: waiting, journal: { boot: boot('ready'), steps: steps(0), failure } });
  expect(gist(decideCleaning(before))).toMatch(/set-power.*off/);
  const after = decideCleaning(
    seen({ node: waiting, journal: { power: off, steps: steps(0), failure, done: ['ejected'] } }),
  );
  expect(after).toMatchObject({
    kind: 'end',
    change: { event: 'abort', patch: { lastError: expect.stringContaining('aborted') } },
  });
  expect(JSON.stringify(after)).not.toContain('maintenance');
});
