import { expect, test } from '@jest/globals';
import type { NodeStep } from '@metal3/node';
import { fakeInterfaces, gist, now, runningAgent, seen } from '../seen-for-tests.ts';
import { decideServicing } from './decide.ts';

type Known = Parameters<typeof seen>[0];
const burnin = { interface: 'deploy', step: 'burnin_cpu' };
const decided = ({ node, ...known }: Known, steps: readonly object[] = [burnin]) =>
  decideServicing(
    seen({
      kind: 'service',
      args: { service_steps: steps } as unknown as NonNullable<Known['args']>,
      node: { provisionState: 'servicing', targetProvisionState: 'active', powerState: 'power on', ...node },
      ...known,
    }),
  );
const boot = { purpose: 'service', stage: 'ready', fastTrack: false, startedAt: now } as const;
const off = { state: 'off', asked: null, seenAt: now, looks: 0 } as const;
const on = { ...off, state: 'on' } as const;
const steps = (finished: number) => ({
  list: [burnin as NodeStep],
  finished,
  hardwareManagerVersion: {},
});

test('a deployed machine boots the agent, which is asked for its service steps and given the one wanted', () => {
  expect(gist(decided({}))).toMatch(/set-power.*off/);
  expect(gist(decided({ journal: { power: off } }))).toBe('effect {"kind":"prepare-boot","purpose":"service"}');
  const node = { agent: runningAgent };
  expect(gist(decided({ node, journal: { boot } }))).toBe('effect {"kind":"ask-steps","of":"service"}');
  expect(decided({ node, journal: { boot, steps: steps(0) } })).toMatchObject({
    effect: { kind: 'give-step', of: 'service', step: burnin },
    change: { patch: { serviceStep: burnin } },
  });
});

test('afterwards the instance runs again: off, medium out, boot from disk, on', () => {
  const journal = { boot, steps: steps(1), done: ['serviced'] };
  expect(gist(decided({ journal }))).toMatch(/set-power.*off/);
  expect(decided({ journal: { ...journal, power: off } })).toMatchObject({ kind: 'note' });
  const wentOff = { ...journal, power: off, done: ['serviced', 'went-off'] };
  expect(gist(decided({ journal: wentOff }))).toBe('effect {"kind":"eject-media"}');
  const ejected = { ...wentOff, done: [...wentOff.done, 'ejected'] };
  expect(gist(decided({ journal: ejected }))).toMatch(/set-boot-device.*disk/);
  const bootable = { ...ejected, done: [...ejected.done, 'boot-device-disk'] };
  expect(gist(decided({ journal: bootable }))).toMatch(/set-power.*on/);
  expect(gist(decided({ journal: { ...bootable, power: on } }))).toBe('end with done');
});

test('steps of the BMC need no agent', () => {
  const bios = { interface: 'bios', step: 'apply_configuration', args: { settings: [] } };
  expect(decided({}, [bios])).toMatchObject({ kind: 'note', journal: { steps: { list: [bios] } } });
});

test('a machine that is none is serviced at once', () => {
  const node = { interfaces: fakeInterfaces };
  const planned = decided({ node }, [{ interface: 'raid', step: 'apply_configuration' }]);
  expect(planned).toMatchObject({ kind: 'note', journal: { steps: { finished: 0 } } });
});

test('a failed step puts the node into maintenance; an abort brings the instance back first', () => {
  const failure = { error: 'no', event: 'fail', fault: null } as const;
  expect(decided({ journal: { boot, steps: steps(0), failure } })).toMatchObject({
    kind: 'end',
    change: {
      event: 'fail',
      patch: { maintenance: true, fault: 'service failure', lastError: 'no (service step deploy.burnin_cpu)' },
    },
  });
  const aborted = { error: 'aborted', event: 'abort', fault: null } as const;
  const node = { provisionState: 'service wait' } as const;
  expect(gist(decided({ node, journal: { boot, failure: aborted } }))).toMatch(/set-power.*off/);
  expect(
    decided({
      node,
      journal: {
        boot,
        failure: aborted,
        power: on,
        done: ['went-off', 'ejected', 'boot-device-disk'],
      },
    }),
  ).toMatchObject({ kind: 'end', change: { event: 'abort', patch: { lastError: 'aborted' } } });
});
