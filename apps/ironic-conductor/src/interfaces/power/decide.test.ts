import { expect, test } from '@jest/globals';
import type { Seen } from '../../work/decision.ts';
import type { PowerMemory } from '../../work/journal.ts';
import { gist, now, seen } from '../../verbs/seen-for-tests.ts';
import { decidePower } from './decide.ts';

const memory = (known: Partial<PowerMemory>): PowerMemory => ({
  state: 'on',
  asked: null,
  seenAt: now,
  looks: 0,
  ...known,
});
const asked = (manner: 'hard' | 'soft' | 'agent', first: number, last = first) =>
  ({ to: 'off', manner, first, last, times: 1, sure: true }) as const;
const at = (power: PowerMemory | null): Seen => seen({ journal: { power } });

test.each<[string, PowerMemory | null, string]>([
  ['asks when nothing is known', null, 'effect {"kind":"set-power","to":"off","manner":"soft","confirm":true}'],
  [
    'asks when the machine is in the other state',
    memory({}),
    'effect {"kind":"set-power","to":"off","manner":"soft","confirm":true}',
  ],
  ['is settled when the machine is as wanted', memory({ state: 'off' }), 'settled'],
  ['waits half a second before it looks', memory({ asked: asked('hard', now) }), 'wait for power off'],
  ['then looks', memory({ asked: asked('hard', now - 600), seenAt: now - 600 }), 'effect {"kind":"read-power"}'],
  [
    'looks less often the longer it takes',
    memory({ asked: asked('hard', now - 4_000), seenAt: now - 3_000, looks: 3 }),
    'wait for power off',
  ],
  [
    'asks a BMC again that took a hard request and did nothing',
    memory({ asked: asked('hard', now - 16_000), seenAt: now - 1_000 }),
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  [
    'does not repeat a soft request',
    memory({ asked: asked('soft', now - 60_000), seenAt: now - 10_000 }),
    'effect {"kind":"read-power"}',
  ],
  [
    'cuts the power when the agent did not halt the machine in half a minute',
    memory({ asked: asked('agent', now - 30_000), seenAt: now }),
    'effect {"kind":"set-power","to":"off","manner":"hard","confirm":true}',
  ],
  ['never takes an unknown state for off', memory({ state: null, asked: asked('hard', now) }), 'wait for power off'],
])('%s', (_sentence, power, expected) => {
  const decision = decidePower(at(power), { to: 'off', manner: 'soft' });
  expect(decision === undefined ? 'settled' : gist(decision)).toBe(expected);
});

test('gives up with the target, the time and what the BMC reports', () => {
  const decision = decidePower(at(memory({ asked: asked('hard', now - 120_000, now - 1_000) })), {
    to: 'off',
    manner: 'hard',
  });
  expect(decision === undefined ? '' : gist(decision)).toMatch(
    /fail: Failed to set node power state to power off\. Timed out after 120 secs .* still reports on/,
  );
});
