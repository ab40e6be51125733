import { expect, test } from '@jest/globals';
import type { Journal } from '../work/journal.ts';
import { gist, now, runningAgent, seen } from './seen-for-tests.ts';
import { decideRunning } from './steps.ts';

const command = {
  id: 'c',
  name: 'execute_deploy_step',
  givenAt: now - 300_000,
  lookedAt: now - 90_000,
  status: 'running',
  error: null,
} as const;
const agent = { ...runningAgent, lastHeartbeat: now - 100_000 };
const unanswered = { effect: 'look-at-command', times: 1, first: now - 2_000, last: now - 2_000, error: 'refused' };
const power = (state: 'on' | 'off', seenAt: number) => ({ state, asked: null, seenAt, looks: 0 });

const running = (journal: Partial<Journal>) =>
  gist(
    decideRunning(
      seen({ kind: 'deploy', node: { provisionState: 'wait call-back', agent }, journal: { command, ...journal } }),
      command,
      'deploy step deploy.write_image',
      undefined,
    ),
  );

test('an agent that does not answer when it is looked for makes the conductor look at the power', () => {
  expect(running({})).toBe('effect {"kind":"look-at-command"}');
  expect(running({ retry: unanswered })).toBe('effect {"kind":"read-power"}');
});

test('on a machine that is switched off nothing is waited for any more', () => {
  expect(running({ power: power('off', now - 1_000) })).toMatch(
    /^fail: The machine of node .* is switched off, and with it the agent that was to finish deploy step deploy.write_image/,
  );
});

test('a machine that is on may still be writing, so its agent keeps its time, and the BMC its peace', () => {
  expect(running({ retry: unanswered, power: power('on', now - 1_000) })).toBe('effect {"kind":"look-at-command"}');
});

test('what was known of the power before the agent was last heard of says nothing', () => {
  expect(running({ power: power('off', now - 95_000) })).toBe('effect {"kind":"look-at-command"}');
});
