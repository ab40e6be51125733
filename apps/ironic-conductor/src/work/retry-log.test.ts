import { expect, test } from '@jest/globals';
import { agentClients } from '@metal3/agent';
import { fakeHardware, nodeUuid, resolveInterfaces } from '@metal3/node';
import { openNodeStore } from '@metal3/node-store';
import { systemClock, systemRandom } from '@metal3/service';
import { eventually, recordedLog } from '@metal3/testing';
import { mediaByUrl } from '../adapters/boot-media.ts';
import { noImages } from '../adapters/image-service.ts';
import { conductorSegments } from '../conductor.ts';
import { fakeMachine } from '../hardware-types/fake-hardware.ts';
import { noFailPoints } from './fail-points.ts';
import { defaultPolicy } from './policy.ts';
import { EffectProblem, PassingProblem } from './problems.ts';
import { runSegment } from './segment.ts';

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');

/** Verifies a node whose BMC fails as often as errors are given, and returns what was logged of it. */
async function logOfVerifying(errors: Error[], state: string): Promise<string[]> {
  const { log, lines } = recordedLog();
  const store = await openNodeStore({ url: 'sqlite::memory:', key: new Uint8Array(32) });
  const segments = conductorSegments({
    store,
    machineOf: (node) => ({
      ...fakeMachine(node),
      readPower() {
        const error = errors.shift();
        if (error !== undefined) return Promise.reject(error);
        return Promise.resolve({ power: 'off', bootMode: null, vendor: null, health: null });
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
      isoSource: 'local',
    },
    inspectionPorts: { add: 'all', keep: 'present' },
    policy: defaultPolicy,
    clock: systemClock,
    random: systemRandom,
    log,
    failPoint: noFailPoints,
  });
  const { interfaces } = resolveInterfaces(fakeHardware, {});
  await store.nodes.create({ uuid, driver: 'fake-hardware', interfaces });
  await store.nodes.change(uuid, () => ({ event: 'manage', work: { kind: 'verify', args: {} } }));
  await eventually(
    async () => {
      const [claim] = await store.work.claimDue({ owner: 'c', groups: [''], limit: 1, leaseMs: 60_000 });
      if (claim !== undefined) await runSegment(claim, segments, new AbortController().signal);
      return (await store.nodes.get(uuid)).provisionState === state || undefined;
    },
    { timeoutMs: 20_000 },
  );
  await store.close();
  return lines.filter(({ node }) => node === uuid).map(({ level, msg }) => `${level}: ${msg}`);
}

test('a BMC that is away for a while is one warning and, once it is back, one line that says so', async () => {
  const away = () => new PassingProblem('HTTP 503');
  expect(await logOfVerifying([away(), away()], 'manageable')).toEqual([
    'warn: effect failed; trying again',
    'info: effect succeeded after all',
    'info: work over',
  ]);
});

test('what trying again cannot mend is one warning', async () => {
  expect(await logOfVerifying([new EffectProblem('wrong password')], 'enroll')).toEqual([
    'warn: effect failed; giving up',
    'info: work over',
  ]);
});
