import { expect, test } from '@jest/globals';
import type { NodeStep, ProvisionState } from '@metal3/node';
import type { Journal } from '../work/journal.ts';
import { decideCleaning } from './cleaning/decide.ts';
import { gist, now, seen } from './seen-for-tests.ts';

const ready = { purpose: 'clean', stage: 'ready', fastTrack: true, startedAt: null } as const;

const decided = (step: NodeStep, provisionState: ProvisionState, journal: Partial<Journal> = {}) =>
  decideCleaning(
    seen({
      node: { provisionState, targetProvisionState: 'manageable' },
      journal: { boot: ready, steps: { list: [step], finished: 0, hardwareManagerVersion: {} }, ...journal },
      args: { clean_steps: [{ interface: 'power', step: step.step }] },
    }),
  );

const hold: NodeStep = { interface: 'power', step: 'hold' };

test('a hold brings the node into its hold state, where it stays until somebody says unhold', () => {
  const first = decided(hold, 'cleaning');
  expect(first).toMatchObject({ kind: 'note', change: { event: 'hold', patch: { cleanStep: hold } } });
  const journal = first.kind === 'note' ? first.journal : {};
  expect(gist(decided(hold, 'clean hold', journal))).toBe('wait for unhold of clean step power.hold');
  expect(decided(hold, 'clean wait', journal)).toMatchObject({ kind: 'note', journal: { steps: { finished: 1 } } });
});

test('a wait lasts for its seconds, in the wait state', () => {
  const wait: NodeStep = { interface: 'power', step: 'wait', args: { seconds: 60 } };
  const first = decided(wait, 'cleaning');
  expect(first).toMatchObject({ kind: 'note', change: { event: 'wait' } });
  const journal = first.kind === 'note' ? first.journal : {};
  expect(decided(wait, 'clean wait', journal)).toMatchObject({ kind: 'wait', wakeAt: now + 60_000 });
  const past = { ...journal, done: [`waiting-0-${now - 60_000}`] };
  expect(decided(wait, 'clean wait', past)).toMatchObject({ kind: 'note', journal: { steps: { finished: 1 } } });
});

test('a wait without seconds is over at once', () => {
  expect(decided({ interface: 'power', step: 'wait' }, 'cleaning')).toMatchObject({
    kind: 'note',
    journal: { steps: { finished: 1 } },
  });
});
