import { expect, jest, test } from '@jest/globals';
import { decideIdle } from '../../verbs/idle/decide.ts';
import { now, seen } from '../../verbs/seen-for-tests.ts';
import type { Machine } from '../machine.ts';
import { powerPerformers } from './perform.ts';

test('a machine that must not be switched off is restarted once for one request', async () => {
  const restart = jest.fn<Machine['restart']>(async () => {});
  const performers = powerPerformers(() => Promise.reject(new Error('there is no agent')));
  let moment = seen({
    kind: 'idle',
    node: { disablePowerOff: true },
    power: { target: 'soft rebooting', timeoutSeconds: null, requestedAt: now },
  });
  for (let decision = decideIdle(moment); decision.kind === 'effect'; decision = decideIdle(moment)) {
    if (decision.effect.kind !== 'restart' || restart.mock.calls.length > 3) break;
    const { journal } = await performers.restart(decision.effect, {
      seen: moment,
      machine: { restart } as unknown as Machine,
      resumed: false,
      signal: new AbortController().signal,
      mayStart: () => true,
    });
    moment = { ...moment, journal };
  }
  expect(restart).toHaveBeenCalledTimes(1);
  expect(decideIdle(moment)).toMatchObject({ kind: 'end', change: { power: null, patch: { targetPowerState: null } } });
});
