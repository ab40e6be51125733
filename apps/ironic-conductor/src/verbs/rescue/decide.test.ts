import { expect, test } from '@jest/globals';
import { fakeInterfaces, gist, now, runningAgent, seen, someNode } from '../seen-for-tests.ts';
import { decideRescue, decideUnrescue } from './decide.ts';

type Known = Parameters<typeof seen>[0];
const interfaces = { ...someNode.interfaces, rescue: 'agent' };
const rescuing = ({ node, ...known }: Known) =>
  decideRescue(seen({ kind: 'rescue', node: { provisionState: 'rescuing', interfaces, ...node }, ...known }));
const unrescuing = ({ node, ...known }: Known) =>
  decideUnrescue(seen({ kind: 'unrescue', node: { provisionState: 'unrescuing', interfaces, ...node }, ...known }));
const off = { state: 'off', asked: null, seenAt: now, looks: 0 } as const;
const on = { ...off, state: 'on' } as const;
const boot = { purpose: 'rescue', stage: 'ready', fastTrack: false, startedAt: now } as const;

test('a rescue boots the ramdisk, hands it the password, and leaves it to its user', () => {
  expect(gist(rescuing({}))).toMatch(/set-power.*off/);
  expect(gist(rescuing({ journal: { power: off } }))).toBe('effect {"kind":"prepare-boot","purpose":"rescue"}');
  const ordered = { ...boot, stage: 'ordered' } as const;
  expect(rescuing({ journal: { power: off, boot: ordered } })).toMatchObject({
    effect: { kind: 'set-power', to: 'on' },
    change: { event: 'wait' },
  });
  const node = { provisionState: 'rescue wait', agent: runningAgent } as const;
  expect(gist(rescuing({ node, journal: { boot } }))).toBe('effect {"kind":"finalize-rescue"}');
  expect(rescuing({ node, journal: { boot, done: ['rescued'] } })).toMatchObject({ change: { event: 'resume' } });
  expect(gist(rescuing({ journal: { boot, done: ['rescued'] } }))).toBe('effect {"kind":"eject-media"}');
  expect(rescuing({ journal: { boot, done: ['rescued', 'ejected'] } })).toMatchObject({
    kind: 'end',
    change: { event: 'done', agent: null, bootEntry: null },
  });
});

test('an agent that never calls ends a rescue with what was awaited, the machine off', () => {
  const started = { ...boot, stage: 'started', startedAt: now - 1_800_000 } as const;
  const node = { provisionState: 'rescue wait' } as const;
  const late = rescuing({ node, journal: { boot: started } });
  expect(gist(late)).toMatch(/^fail: Timeout reached while waiting for rescue ramdisk callback/);
  const failure = { error: 'late', event: 'fail', fault: null } as const;
  expect(gist(rescuing({ node, journal: { boot: started, failure } }))).toMatch(/set-power.*off/);
  expect(gist(rescuing({ node, journal: { boot: started, failure, power: off, done: ['ejected', 'tidied'] } }))).toBe(
    'end with fail',
  );
});

test('an unrescue boots the instance again', () => {
  expect(gist(unrescuing({}))).toMatch(/set-power.*off/);
  const done = ['went-off', 'ejected', 'boot-device-disk'];
  expect(gist(unrescuing({ journal: { power: off, done } }))).toMatch(/set-power.*on/);
  expect(gist(unrescuing({ journal: { power: on, done } }))).toBe('end with done');
  const failure = { error: 'no answer', event: 'fail', fault: null } as const;
  expect(gist(unrescuing({ journal: { failure } }))).toBe('end with fail');
});

test('machines that are none are rescued and brought back at once', () => {
  expect(gist(rescuing({ node: { interfaces: fakeInterfaces } }))).toBe('end with done');
  expect(gist(unrescuing({ node: { interfaces: fakeInterfaces } }))).toBe('end with done');
});
