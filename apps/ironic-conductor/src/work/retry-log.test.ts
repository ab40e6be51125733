import { expect, test } from '@jest/globals';
import { fakeHardware, nodeUuid, resolveInterfaces } from '@metal3/node';
import { openNodeStore } from '@metal3/node-store';
import { eventually, recordedLog } from '@metal3/testing';
import { loneSegments } from '../testing/lone-segments.ts';
import { fakeMachine } from '../hardware-types/fake-hardware.ts';
import { EffectProblem, PassingProblem } from './problems.ts';
import { runSegment } from './segment.ts';

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');

const origin = { requestId: 'req-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

/** Verifies a node whose BMC fails as often as errors are given, and returns what was logged of it. */
async function linesOfVerifying(errors: Error[], state: string): Promise<readonly Record<string, unknown>[]> {
  const { log, lines } = recordedLog();
  const store = await openNodeStore({ url: 'sqlite::memory:', key: new Uint8Array(32) });
  const segments = loneSegments({
    store,
    machineOf: (node) => ({
      ...fakeMachine(node),
      readPower() {
        const error = errors.shift();
        if (error !== undefined) return Promise.reject(error);
        return Promise.resolve({ power: 'off', bootMode: null, vendor: null, health: null });
      },
    }),
    log,
  });
  const { interfaces } = resolveInterfaces(fakeHardware, {});
  await store.nodes.create({ uuid, name: 'rack-7', driver: 'fake-hardware', interfaces });
  await store.nodes.change(uuid, () => ({ event: 'manage', work: { kind: 'verify', args: {}, origin } }));
  await eventually(
    async () => {
      const [claim] = await store.work.claimDue({ owner: 'c', groups: [''], limit: 1, leaseMs: 60_000 });
      if (claim !== undefined) await runSegment(claim, segments, new AbortController().signal);
      return (await store.nodes.get(uuid)).provisionState === state;
    },
    { timeoutMs: 60_000 },
  );
  await store.close();
  return lines.filter(({ node }) => node === uuid);
}

async function logOfVerifying(errors: Error[], state: string): Promise<string[]> {
  return (await linesOfVerifying(errors, state)).map(({ level, msg }) => `${String(level)}: ${String(msg)}`);
}

test('a BMC that is away for a while is one warning and, once it is back, one line that says so', async () => {
  const away = () => new PassingProblem('HTTP 503');
  expect(await logOfVerifying([away(), away()], 'manageable')).toEqual([
    'info: work begins',
    'warn: effect failed; trying again',
    'info: effect succeeded after all',
    'info: work over',
  ]);
});

test('what trying again cannot mend is one warning', async () => {
  expect(await logOfVerifying([new EffectProblem('wrong password')], 'enroll')).toEqual([
    'info: work begins',
    'warn: effect failed; giving up',
    'info: work over',
  ]);
});

test('every line about a node names it, what is done to it, and the request and the trace that asked for it', async () => {
  const about = { nodeName: 'rack-7', work: 'verify', requestId: 'req-1', traceId: '0af7651916cd43dd8448eb211c80319c' };
  const lines = await linesOfVerifying([new PassingProblem('HTTP 503')], 'manageable');
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line).toMatchObject(about);
});
