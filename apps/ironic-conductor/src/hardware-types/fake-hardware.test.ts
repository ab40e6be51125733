import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openNodeStore, type NodeStore } from '@metal3/node-store';
import { nodeUuid, type ProvisionState, type Verb, verbEvents, workBegunBy } from '@metal3/node';
import { systemClock, systemRandom } from '@metal3/service';
import { eventually, silentLog } from '@metal3/testing';
import { redfishBmcs } from '@metal3/redfish';
import { resolveInterfaces, fakeHardware } from '@metal3/node';
import { loneSegments } from '../testing/lone-segments.ts';
import { machines } from './machines.ts';
import { worker, type Worker } from '../work/worker.ts';

let store: NodeStore;
let work: Worker;

beforeEach(async () => {
  store = await openNodeStore({ url: 'sqlite::memory:', key: new Uint8Array(32) });
  const bmcs = redfishBmcs({ clock: systemClock });
  const segments = loneSegments({
    store,
    machineOf: machines({
      redfish: bmcs,
      ipmi: { call: () => Promise.reject(new Error('not used')) },
      store,
      enabled: ['fake-hardware'],
      timeoutMs: 5_000,
      liftsBootTimeout: true,
    }),
  });
  work = worker({
    segments,
    store,
    hints: undefined,
    owner: 'conductor-1',
    groups: [''],
    concurrency: 4,
    leaseMs: 60_000,
    sweepMs: 50,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  await work.start(new AbortController().signal, undefined as never);
});

afterEach(async () => {
  await work.stop();
  await store.close();
});

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');

async function ask(verb: Verb, args = {}): Promise<void> {
  await store.nodes.change(uuid, (node) => {
    const kind = workBegunBy(verbEvents[verb], node.provisionState);
    const target = verb === 'clean' ? { target: 'manageable' as const } : {};
    return { event: verbEvents[verb], ...target, ...(kind === undefined ? {} : { work: { kind, args } }) };
  });
  await work.offer(uuid);
}

const reaches = (state: ProvisionState) =>
  eventually(async () => {
    const node = await store.nodes.get(uuid);
    expect({ state: node.provisionState, reservation: node.reservation, error: node.lastError }).toEqual({
      state,
      reservation: null,
      error: null,
    });
    return true;
  });

test('a node of fake-hardware goes through all verbs without a machine', async () => {
  await store.nodes.create({
    uuid,
    driver: 'fake-hardware',
    interfaces: resolveInterfaces(fakeHardware, {}).interfaces,
  });
  await ask('manage');
  await reaches('manageable');
  await ask('inspect');
  await reaches('manageable');
  await ask('clean', { clean_steps: [{ interface: 'raid', step: 'delete_configuration' }] });
  await reaches('manageable');
  await ask('provide');
  await reaches('available');
  await ask('active');
  await reaches('active');
  await ask('deleted');
  await reaches('available');
  await ask('manage');
  await reaches('manageable');
  await ask('adopt');
  await reaches('active');
  expect((await store.nodes.get(uuid)).powerState).toBe('power off');
});

test('a power request is carried out and cleared', async () => {
  await store.nodes.create({
    uuid,
    driver: 'fake-hardware',
    interfaces: resolveInterfaces(fakeHardware, {}).interfaces,
  });
  for (const [target, power] of [
    ['power on', 'power on'],
    ['rebooting', 'power on'],
    ['soft power off', 'power off'],
  ] as const) {
    await store.nodes.change(uuid, () => ({ power: { target }, patch: { lastError: null } }));
    await work.offer(uuid);
    await eventually(async () => {
      const node = await store.nodes.get(uuid);
      expect({ power: node.powerState, target: node.targetPowerState }).toEqual({ power, target: null });
      return true;
    });
  }
});
