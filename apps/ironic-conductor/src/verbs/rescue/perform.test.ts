import { expect, test } from '@jest/globals';
import { type AgentClient, AgentError, type AgentErrorKind } from '@metal3/agent';
import type { Hand } from '../../work/perform.ts';
import { seen } from '../seen-for-tests.ts';
import { rescuePerformers } from './perform.ts';

const given = 'let-me-in';

function finalize({ resumed, ask }: { readonly resumed: boolean; readonly ask: AgentClient['ask'] }) {
  const { 'finalize-rescue': perform } = rescuePerformers({
    agentOf: () => Promise.resolve({ ask } as AgentClient),
    reveal: () => ({ rescue_password: given }),
    salt: () => 'saltsaltsaltsalt',
    requestMs: 1_000,
  });
  const hand = { seen: seen({ kind: 'rescue' }), resumed, signal: new AbortController().signal, mayStart: () => true };
  return perform({ kind: 'finalize-rescue' }, hand as Hand);
}
const failing = (kind: AgentErrorKind) => () =>
  Promise.reject(new AgentError(kind, 'rescue.finalize_rescue', 'no answer'));

test('the agent gets the password as a SHA-256 crypt only', async () => {
  const asked: unknown[] = [];
  const ask = (command: string, params: object) => {
    asked.push({ command, ...params });
    return Promise.resolve(null);
  };
  expect(await finalize({ resumed: false, ask })).toMatchObject({ journal: { done: ['rescued'] } });
  expect(asked).toEqual([
    { command: 'rescue.finalize_rescue', rescue_password: expect.stringMatching(/^\$5\$/), hashed: true },
  ]);
});

test.each(['unreachable', 'unknown'] as const)(
  'an agent that closed its API after it may have been given the password has it (%s)',
  async (kind) => {
    expect(await finalize({ resumed: true, ask: failing(kind) })).toMatchObject({ journal: { done: ['rescued'] } });
  },
);

test.each([
  ['that was never asked and cannot be reached', false, 'unreachable'],
  ['whose answer was lost', false, 'unknown'],
  ['that runs another command', true, 'busy'],
] as const)('an agent %s is asked again', async (_sentence, resumed, kind) => {
  await expect(finalize({ resumed, ask: failing(kind) })).rejects.toThrow('no answer');
});
