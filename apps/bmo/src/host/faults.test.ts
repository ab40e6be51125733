import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeError } from '@metal3/kube-client';
import { bareMetalHost } from '@metal3/metal3-api';
import { ProvisionerError } from '../provisioner/errors.ts';
import { secretKind } from './adapters/secret.ts';
import { caughtUp, deleteHost, namespace, newWorld, provision, tellInventories, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.stop());

const image = { url: 'http://images.example/os.qcow2', checksum: 'abc', checksumType: 'sha256' } as const;
const name = 'host-1';
const powerCalls = () => world.ironic.calls.filter(({ what }) => what.includes('power'));
const reach = async (state: string) => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, state);
};
const errorOf = async () => (await world.host(name)).status?.errorType;

test("when Ironic's database is lost, a host is enrolled again and adopted without touching its power", async () => {
  await provision(world, name, image);
  const before = powerCalls().length;
  const [old] = [...world.ironic.nodes.keys()];
  world.ironic.wipe();
  for (let turn = 0; turn < 6; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
    const [node] = [...world.ironic.nodes.values()];
    // The machine has been running all the time.
    if (node?.powerState === 'power off') world.ironic.disturb(node.uuid, { powerState: 'power on' });
  }
  const host = await world.host(name);
  const [node] = [...world.ironic.nodes.values()];
  expect(node?.provisionState).toBe('active');
  expect(node?.uuid).not.toBe(old);
  expect(host.status?.provisioning).toMatchObject({ state: 'provisioned', ID: node?.uuid, image });
  expect(powerCalls().length).toBe(before);
});

test('wrong BMC credentials are a registration error, and mending the Secret ends it at once', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.pass(name);
  world.ironic.settle('HTTP 401: wrong password');
  await world.pass(name);
  expect(await world.host(name)).toMatchObject({
    status: {
      operationalStatus: 'error',
      errorType: 'registration error',
      errorMessage: `HTTP 401: wrong password: correct the username and password in Secret "${name}-bmc"`,
      errorCount: 1,
    },
  });

  await world.kubernetes.patch(
    secretKind,
    { namespace, name: `${name}-bmc` },
    { type: 'merge', body: { data: { password: 'bmV3' } } },
  );
  await caughtUp();
  await world.until(name, 'available');
  expect(await errorOf()).toBeUndefined();
});

test('a host that failed is left in peace until its pause is over, however often its node changes', async () => {
  await world.enrol(name);
  await world.pass(name);
  world.ironic.settle('no route to host');
  await world.pass(name);
  const asked = world.ironic.calls.length;

  for (let turn = 0; turn < 5; turn += 1) expect(await world.pass(name)).toBeGreaterThan(0);
  expect(world.ironic.calls.length).toBe(asked);
  expect((await world.host(name)).status?.errorCount).toBe(1);

  await world.clock.advance(10 * 60_000);
  await world.pass(name);
  expect(world.ironic.calls.length).toBeGreaterThan(asked);
});

test('pauses grow with each failure in a row', async () => {
  await world.enrol(name);
  const pauses: (number | undefined)[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await world.pass(name);
    world.ironic.settle('no route to host');
    const pause = await world.pass(name);
    pauses.push(pause);
    await world.clock.advance((pause ?? 0) * 1000);
  }
  expect(pauses).toEqual([120, 240, 480]);
});

test('while Ironic is away nothing is recorded, and hosts go on when it is back', async () => {
  tellInventories(world);
  await world.enrol(name);
  world.ironic.down = new ProvisionerError('unavailable', 'connection refused');
  expect(await world.pass(name)).toBe(10);
  expect(await errorOf()).toBeUndefined();
  world.ironic.down = undefined;
  await world.until(name, 'available');
});

test('a deployment that fails is undone and tried again', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.edit(name, { spec: { image } });
  await world.pass(name);
  world.ironic.settle();
  await world.pass(name);
  world.ironic.settle('image is 404');
  await world.pass(name);
  expect(await world.host(name)).toMatchObject({
    status: {
      errorType: 'provisioning error',
      errorMessage: expect.stringContaining('image is 404'),
      provisioning: { state: 'provisioning' },
    },
  });

  await world.clock.advance(5 * 60_000);
  await world.until(name, 'deprovisioning');
  expect((await world.host(name)).status?.provisioningFailCount).toBe(1);
  await world.until(name, 'provisioned');
  expect((await world.host(name)).status).toMatchObject({ provisioningFailCount: 0, errorCount: 0, errorMessage: '' });
});

test('another image is tried without waiting for the pause', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.edit(name, { spec: { image: { ...image, url: 'http://images.example/broken' } } });
  await world.pass(name);
  world.ironic.settle();
  await world.pass(name);
  world.ironic.settle('image is 404');
  await world.pass(name);
  await world.edit(name, { spec: { image } });
  await world.until(name, 'provisioned');
  expect((await world.host(name)).status?.provisioning.image).toEqual(image);
});

test('a paused host is not touched, not even to delete it', async () => {
  await provision(world, name, image);
  await world.annotate(name, { 'baremetalhost.metal3.io/paused': '' });
  await deleteHost(world, name);
  const calls = world.ironic.calls.length;
  expect(await world.pass(name)).toBeUndefined();
  expect(world.ironic.calls.length).toBe(calls);
  await world.annotate(name, { 'baremetalhost.metal3.io/paused': null });
  await world.until(name, undefined);
});

test('a detached host leaves Ironic as it is, and is adopted when it is attached again', async () => {
  await provision(world, name, image);
  const power = powerCalls().length;
  await world.annotate(name, { 'baremetalhost.metal3.io/detached': '' });
  await world.pass(name);
  expect(world.ironic.nodes.size).toBe(0);
  expect((await world.host(name)).status).toMatchObject({
    operationalStatus: 'detached',
    provisioning: { state: 'provisioned' },
  });

  await world.annotate(name, { 'baremetalhost.metal3.io/detached': null });
  await world.pass(name);
  expect([...world.ironic.nodes.values()].map(({ provisionState }) => provisionState)).toEqual(['verifying']);
  expect(powerCalls().length).toBe(power);
});

test('a reboot is off and on again, and the request is taken off', async () => {
  await provision(world, name, image);
  await world.annotate(name, { 'reboot.metal3.io': '' });
  for (let turn = 0; turn < 4; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
  }
  expect(
    powerCalls()
      .slice(-2)
      .map(({ what }) => what),
  ).toEqual(['soft power off', 'power on']);
  expect((await world.host(name)).metadata.annotations ?? {}).toEqual({});
});

test('an inspection asked for by annotation replaces what is known', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  world.ironic.inventory = { inventory: { hostname: 'renamed' }, pluginData: {} };
  await world.annotate(name, { 'inspect.metal3.io': '' });
  await world.until(name, 'inspecting');
  await world.until(name, 'available');
  expect((await world.host(name)).status?.hardware?.hostname).toBe('renamed');
  expect((await world.hardware(name))?.spec.hardware?.hostname).toBe('renamed');
});

test('hardware details may be supplied where inspection is disabled', async () => {
  const annotations = { 'inspect.metal3.io/hardwaredetails': '{"cpu":{"arch":"aarch64"}}' };
  await world.enrol(name, { inspectionMode: 'disabled', bootMACAddress: '52:54:00:00:00:01' }, { annotations });
  await world.until(name, 'available');
  const host = await world.host(name);
  expect(host.status?.hardware).toEqual({ cpu: { arch: 'aarch64' } });
  expect(host.metadata.annotations ?? {}).toEqual({});
  expect(world.ironic.calls.map(({ what }) => what)).not.toContain('inspect');
});

test('a host that was moved here brings its status and keeps running', async () => {
  await provision(world, name, image);
  const { status } = await world.host(name);
  const calls = powerCalls().length;
  await world.enrol(
    'host-2',
    { image },
    {
      annotations: {
        'baremetalhost.metal3.io/status': JSON.stringify({
          ...status,
          provisioning: { ...status?.provisioning, ID: '' },
        }),
      },
    },
  );
  await world.pass('host-2');
  const moved = await world.host('host-2');
  expect(moved.status?.provisioning).toMatchObject({ state: 'provisioned', image });
  expect(moved.metadata.annotations ?? {}).toEqual({});
  expect(powerCalls().length).toBe(calls);
});

test('an externally provisioned host is adopted and only its power is looked after', async () => {
  await world.enrol(name, { externallyProvisioned: true });
  await world.until(name, 'externally provisioned');
  for (let turn = 0; turn < 4; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
  }
  const verbs = world.ironic.calls.map(({ what }) => what);
  expect(verbs).toContain('adopt');
  expect(verbs).not.toContain('provide');
  expect((await world.host(name)).status?.poweredOn).toBe(true);
});

test('a status that could not be written does not lose the node', async () => {
  tellInventories(world);
  await world.enrol(name);
  world.kubernetes.failNext('patchStatus', bareMetalHost, new KubeError('Unavailable', 'etcd leader changed'));
  await expect(world.pass(name)).rejects.toThrow('etcd leader changed');
  await world.until(name, 'available');
  expect(world.ironic.calls.filter(({ what }) => what === 'create')).toHaveLength(1);
});

test('two hosts with one MAC address are told apart', async () => {
  tellInventories(world);
  const bootMACAddress = '52:54:00:00:00:01';
  await world.enrol(name, { bootMACAddress });
  await world.until(name, 'available');
  await world.enrol('host-2', { bootMACAddress });
  await world.pass('host-2');
  expect((await world.host('host-2')).status).toMatchObject({
    errorType: 'registration error',
    errorMessage: expect.stringContaining('conflicts with existing node metal~host-1'),
  });
});

test('a host without BMC details is left unmanaged', async () => {
  await world.kubernetes.create(bareMetalHost, { metadata: { namespace, name }, spec: { online: true } });
  await caughtUp();
  expect(await world.pass(name)).toBe(600);
  expect((await world.host(name)).status).toMatchObject({
    operationalStatus: 'discovered',
    provisioning: { state: 'unmanaged' },
  });
  expect(await world.registry.metrics()).toContain('metal3_host_unmanaged_total 1');
});

test('a pass over a host at rest writes nothing and asks nothing', async () => {
  await provision(world, name, image);
  await world.pass(name);
  const [writes, calls] = [new Map(world.written()), world.ironic.calls.length];
  for (let turn = 0; turn < 3; turn += 1) await world.pass(name);
  expect(world.written()).toEqual(writes);
  expect(world.ironic.calls.length).toBe(calls);
});

test('an annotation that somebody adds during a pass is not lost', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.annotate(name, { 'inspect.metal3.io': '' });
  const { patchStatus } = world.kubernetes;
  world.kubernetes.patchStatus = async (kind, key, patch, options) => {
    world.kubernetes.patchStatus = patchStatus;
    await world.annotate(name, { 'example.com/mine': 'yes' });
    return patchStatus(kind, key, patch, options);
  };
  await world.pass(name);
  expect((await world.host(name)).metadata.annotations).toEqual({ 'example.com/mine': 'yes' });
});

test('an image that is changed while the old one is written replaces it', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.edit(name, { spec: { image } });
  await world.pass(name);
  world.ironic.settle();
  await world.pass(name);
  const newer = { ...image, url: 'http://images.example/newer.qcow2' };
  await world.edit(name, { spec: { image: newer } });
  await world.until(name, 'provisioned');
  const host = await world.host(name);
  expect(host.status).toMatchObject({ provisioning: { image: newer }, provisioningFailCount: 0 });
  expect([...world.ironic.nodes.values()][0]?.instanceInfo).toMatchObject({ image_source: newer.url });
});

test.each([
  ['is no JSON', '{'],
  ['is a list', '[]'],
  ['has fields of another type', '{"errorCount":"many"}'],
  ['names a state that there is not', '{"provisioning":{"state":"sleeping"}}'],
])('a status annotation that %s counts as none', async (_sentence, text) => {
  tellInventories(world);
  await world.enrol(name, {}, { annotations: { 'baremetalhost.metal3.io/status': text } });
  await world.until(name, 'available');
  expect((await world.host(name)).metadata.annotations ?? {}).toEqual({});
});

test('a status that was written with nulls for what is not set is restored', async () => {
  const text = JSON.stringify({
    operationalStatus: 'OK',
    errorMessage: '',
    poweredOn: true,
    goodCredentials: {},
    operationHistory: { register: { start: null, end: null } },
    lastUpdated: '2026-01-01T00:00:00Z',
    provisioning: {
      state: 'provisioned',
      ID: 'of-another-ironic',
      image,
      raid: { hardwareRAIDVolumes: null, softwareRAIDVolumes: null },
    },
  });
  await world.enrol(name, { image }, { annotations: { 'baremetalhost.metal3.io/status': text } });
  await world.pass(name);
  expect((await world.host(name)).status?.provisioning).toMatchObject({ state: 'provisioned', image });
  expect(powerCalls()).toEqual([]);
});

test('hardware details with fields of another type are dropped', async () => {
  const annotations = { 'inspect.metal3.io/hardwaredetails': '{"nics":"two"}' };
  await world.enrol(name, { inspectionMode: 'disabled', bootMACAddress: '52:54:00:00:00:01' }, { annotations });
  await world.until(name, 'available');
  expect((await world.host(name)).status?.hardware).toBeUndefined();
  expect((await world.events()).map(({ reason }) => reason)).toContain('RemoveAnnotation');
});

test.each<[state: string, prepare: () => Promise<void>]>([
  ['before anything was done', async () => world.enrol(name)],
  ['registering', async () => void (await reach('registering'))],
  ['inspecting', async () => void (await reach('inspecting'))],
  ['available', async () => void (await reach('available'))],
  [
    'provisioning',
    async () => {
      await reach('available');
      await world.edit(name, { spec: { image } });
      await world.until(name, 'provisioning');
    },
  ],
  ['provisioned', () => provision(world, name, image)],
  [
    'deprovisioning',
    async () => {
      await provision(world, name, image);
      await world.edit(name, { spec: { image: null } });
      await world.until(name, 'deprovisioning');
    },
  ],
])('a host can be deleted %s: node, Secret and HardwareData are let go', async (_state, prepare) => {
  await prepare();
  await deleteHost(world, name);
  await world.until(name, undefined);
  expect([...world.ironic.nodes.values()]).toEqual([]);
  const secret = await world.kubernetes.get(secretKind, { namespace, name: `${name}-bmc` });
  expect(secret.metadata.finalizers ?? []).toEqual([]);
  expect((await world.hardware(name))?.metadata.finalizers ?? []).toEqual([]);
});

test('a power switch that is toggled fast ends where it was left', async () => {
  await provision(world, name, image);
  for (const online of [false, true, false, true, false]) {
    await world.edit(name, { spec: { online } });
    await world.pass(name);
  }
  for (let turn = 0; turn < 4; turn += 1) {
    world.ironic.settle();
    await world.pass(name);
  }
  expect((await world.host(name)).status).toMatchObject({ poweredOn: false, operationalStatus: 'OK' });
});

test('an unmanaged host that is given a BMC is no longer said to be only discovered', async () => {
  tellInventories(world);
  await world.enrol(name, { bmc: { address: '', credentialsName: '' } });
  await world.pass(name);
  expect((await world.host(name)).status).toMatchObject({
    operationalStatus: 'discovered',
    provisioning: { state: 'unmanaged' },
  });
  const bmc = { address: 'redfish-virtualmedia://192.0.2.1/redfish/v1/Systems/1', credentialsName: `${name}-bmc` };
  await world.edit(name, { spec: { bmc } });
  await world.until(name, 'available');
  expect((await world.host(name)).status?.operationalStatus).toBe('OK');
});
