import { expect, test } from '@jest/globals';
import { agentClients } from '@metal3/agent';
import { fakeHardware, nodeUuid, resolveInterfaces } from '@metal3/node';
import { openNodeStore } from '@metal3/node-store';
import { systemClock, systemRandom } from '@metal3/service';
import { recordedLog } from '@metal3/testing';
import { mediaByUrl } from '../adapters/boot-media.ts';
import { noImages } from '../adapters/image-service.ts';
import { conductorSegments } from '../conductor.ts';
import { fakeMachine } from '../hardware-types/fake-hardware.ts';
import { noFailPoints } from './fail-points.ts';
import { defaultPolicy } from './policy.ts';
import { EffectProblem } from './problems.ts';
import { runSegment } from './segment.ts';

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');
const leaseMs = 60_000;

test('a conductor stopped (SIGSTOP) in the middle of an effect neither goes on with it nor tells of a failure', async () => {
  const store = await openNodeStore({ url: 'sqlite::memory:', key: new Uint8Array(32) });
  const { log, lines } = recordedLog();
  let slept = 0;
  const rights: boolean[] = [];
  const segments = conductorSegments({
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
    agents: agentClients(),
    media: mediaByUrl(''),
    fetchText: () => Promise.reject(new Error('not used')),
    images: noImages,
    buildConfigDrive: () => '',
    agentRequestMs: 1_000,
    boot: {
      deployKernel: '',
      deployRamdisk: '',
      kernelParameters: '',
      externalApiUrl: 'http://127.0.0.1:1',
      inspectionCollectors: '',
      collectLldp: false,
      isoSource: 'local',
    },
    inspectionPorts: { add: 'all', keep: 'present' },
    policy: defaultPolicy,
    // Timers of a stopped process have not run when it goes on.
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + slept },
    random: systemRandom,
    log,
    failPoint: noFailPoints,
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
