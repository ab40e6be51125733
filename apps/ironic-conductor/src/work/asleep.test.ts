import { expect, test } from '@jest/globals';
import { fakeHardware, nodeUuid, resolveInterfaces } from '@metal3/node';
import { openNodeStore } from '@metal3/node-store';
import { systemClock } from '@metal3/service';
import { recordedLog } from '@metal3/testing';
import { loneSegments } from '../testing/lone-segments.ts';
import { fakeMachine } from '../hardware-types/fake-hardware.ts';
import { EffectProblem } from './problems.ts';
import { runSegment } from './segment.ts';

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');
const leaseMs = 60_000;

test('a conductor stopped (SIGSTOP) in the middle of an effect neither goes on with it nor tells of a failure', async () => {
  const store = await openNodeStore({ url: 'sqlite::memory:', key: new Uint8Array(32) });
  const { log, lines } = recordedLog();
  let slept = 0;
  const rights: boolean[] = [];
  const segments = loneSegments({
    store,
    machineOf: (node, mayStart) => ({
      ...fakeMachine(node),
      readPower() {
        rights.push(mayStart?.() === true);
        slept = leaseMs;
        rights.push(mayStart?.() === true);
        return Promise.reject(new EffectProblem('the second request was not sent'));
      },
    }),
    // Timers of a stopped process have not run when it goes on.
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + slept },
    log,
  });
  const { interfaces } = resolveInterfaces(fakeHardware, {});
  await store.nodes.create({ uuid, driver: 'fake-hardware', interfaces });
  await store.nodes.change(uuid, () => ({ event: 'manage', work: { kind: 'verify', args: {} } }));
  const [claim] = await store.work.claimDue({ owner: 'c', groups: [''], limit: 1, leaseMs });
  if (claim === undefined) throw new Error('nothing is due');
  await runSegment(claim, segments, new AbortController().signal);

  expect(rights).toEqual([true, false]);
  expect(await store.nodes.get(uuid)).toMatchObject({ provisionState: 'verifying', lastError: null });
  expect(await store.work.due({ groups: [''], limit: 1 })).toEqual([uuid]);
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  await store.close();
});
