import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  firmwareSchema,
  hostFirmwareComponents,
  hostFirmwareSettings,
  hostUpdatePolicy,
  type FirmwareUpdate,
} from '@metal3/metal3-api';
import { namespace, newWorld, type World } from '../host/testing/world.ts';
import type { NodeFirmware } from '../provisioner/firmware.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
  world.ironic.inventory = { inventory: { cpu: { architecture: 'x86_64' } }, pluginData: {} };
});
afterEach(() => world.stop());

const name = 'host-1';
const key = { namespace, name };
const machine: NodeFirmware = {
  settings: [
    { name: 'BootMode', value: 'Uefi', type: 'Enumeration', allowableValues: ['Uefi', 'Bios'] },
    { name: 'Retries', value: '3', type: 'Integer', lowerBound: 0, upperBound: 10 },
  ],
  components: [
    { component: 'bios', initialVersion: '1.0', currentVersion: '1.0', lastVersionFlashed: '', updatedAt: '' },
  ],
};
const node = (): string => [...world.ironic.nodes.keys()][0] ?? '';
const settings = () => world.kubernetes.get(hostFirmwareSettings, key);
const components = () => world.kubernetes.get(hostFirmwareComponents, key);
const available = async (host = name) => {
  await world.enrol(host);
  await world.until(host, 'inspecting');
  for (const uuid of world.ironic.nodes.keys()) world.ironic.setFirmware(uuid, machine);
  await world.until(host, 'available');
  await world.firmwarePass(host);
};
const want = async (wanted: Record<string, number | string>) => {
  await world.kubernetes.patch(hostFirmwareSettings, key, { type: 'merge', body: { spec: { settings: wanted } } });
  await world.pass('nobody');
};
const update = async (updates: FirmwareUpdate[]) => {
  await world.kubernetes.patch(hostFirmwareComponents, key, { type: 'merge', body: { spec: { updates } } });
  await world.pass('nobody');
};
const cleans = () => world.ironic.calls.filter(({ what }) => what === 'clean').length;
const steps = () => world.ironic.argumentsOf(node(), 'clean')?.['clean_steps'];
/** From here to the end of a preparation that has become necessary. */
const prepared = async () => {
  await world.firmwarePass(name);
  await world.until(name, 'preparing');
  await world.until(name, 'available');
  await world.firmwarePass(name);
};

test('a registered host gets settings and components of its name, which go with it', async () => {
  await world.enrol(name);
  await world.firmwarePass(name);
  expect(await world.kubernetes.find(hostFirmwareSettings, key)).toBeUndefined();
  await available('host-2');
  const of = { namespace, name: 'host-2' };
  const { uid } = (await world.host('host-2')).metadata;
  const made = [
    await world.kubernetes.get(hostFirmwareSettings, of),
    await world.kubernetes.get(hostFirmwareComponents, of),
  ];
  for (const { metadata } of made) {
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'BareMetalHost', name: 'host-2', uid }]);
    expect(metadata.ownerReferences?.[0]?.controller).not.toBe(true);
  }
  expect(made[0]?.status).toMatchObject({ settings: { BootMode: 'Uefi', Retries: '3' } });
});

test('hosts whose settings take the same values share a schema, which is made again when it goes with its maker', async () => {
  await available('host-1');
  await available('host-2');
  await world.firmwarePass('host-2');
  const schemas = async () => (await world.kubernetes.list(firmwareSchema, { namespace })).items;
  const [schema, ...others] = await schemas();
  expect(schema).toMatchObject({ spec: { schema: { Retries: { attribute_type: 'Integer', upper_bound: 10 } } } });
  expect(others).toEqual([]);
  expect(schema?.metadata.ownerReferences).toMatchObject([{ kind: 'HostFirmwareSettings', name: 'host-1' }]);
  expect((await settings()).status?.schema).toEqual({ namespace, name: schema?.metadata.name });

  await world.kubernetes.delete(firmwareSchema, { namespace, name: schema?.metadata.name ?? '' });
  await world.pass('nobody');
  await world.firmwarePass('host-2');
  expect(await schemas()).toMatchObject([{ metadata: { ownerReferences: [{ name: 'host-2' }] } }]);
});

test('settings that were there before the host are adopted and applied before it becomes available', async () => {
  await world.kubernetes.create(hostFirmwareSettings, { metadata: key, spec: { settings: { Retries: 5 } } });
  await world.enrol(name);
  await world.until(name, 'inspecting');
  world.ironic.setFirmware(node(), machine);
  await world.firmwarePass(name);
  await world.until(name, 'available');
  expect(steps()).toEqual([
    { interface: 'bios', step: 'apply_configuration', args: { settings: [{ name: 'Retries', value: 5 }] } },
  ]);
  expect((await settings()).metadata.ownerReferences).toMatchObject([{ kind: 'BareMetalHost', name }]);
});

test('a setting that is changed is applied once, and then found on the machine', async () => {
  await available();
  await want({ BootMode: 'Bios', Retries: 3 });
  await prepared();
  expect(steps()).toEqual([
    { interface: 'bios', step: 'apply_configuration', args: { settings: [{ name: 'BootMode', value: 'Bios' }] } },
  ]);
  expect(cleans()).toBe(1);
  expect(await settings()).toMatchObject({
    status: {
      settings: { BootMode: 'Bios' },
      conditions: [
        { type: 'ChangeDetected', status: 'False' },
        { type: 'Valid', status: 'True' },
      ],
    },
  });
  await world.pass(name);
  expect(cleans()).toBe(1);
});

test('the host waits until an edit has been looked at, and goes on when it has', async () => {
  await available();
  await want({ BootMode: 'Bios' });
  await world.firmwarePass(name);
  await want({ BootMode: 'Uefi' });
  await world.pass(name);
  expect(cleans()).toBe(0);
  await world.firmwarePass(name);
  await world.pass(name);
  expect((await world.host(name)).status?.provisioning.state).toBe('available');
  expect(cleans()).toBe(0);
});

test('settings that the machine cannot take are told, and not applied', async () => {
  await available();
  await want({ BootMode: 'Fast' });
  await world.firmwarePass(name);
  await world.pass(name);
  expect(cleans()).toBe(0);
  expect((await settings()).status?.conditions).toMatchObject([
    { type: 'ChangeDetected', status: 'True' },
    { type: 'Valid', status: 'False', reason: 'ConfigurationError', message: 'Invalid BIOS setting' },
  ]);
  expect(await world.events()).toContainEqual(
    expect.objectContaining({ type: 'Warning', reason: 'ValidationFailed', message: expect.stringContaining('Fast') }),
  );
});

test('a machine that does not take its settings is a preparation error, not an endless loop', async () => {
  await available();
  world.ironic.stubborn = true;
  await want({ BootMode: 'Bios' });
  await world.firmwarePass(name);
  await world.until(name, 'preparing');
  for (let turn = 0; turn < 4; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
  }
  expect(cleans()).toBe(1);
  expect(await world.host(name)).toMatchObject({
    status: {
      errorType: 'preparation error',
      errorMessage: expect.stringContaining('BootMode is "Uefi" after "Bios" was applied'),
    },
  });
});

test('firmware is updated once, and the update is on record', async () => {
  await available();
  const bios = { component: 'bios', url: 'http://files/bios-2.bin' };
  await update([bios]);
  await prepared();
  expect(steps()).toEqual([{ interface: 'firmware', step: 'update', args: { settings: [bios] } }]);
  expect(cleans()).toBe(1);
  expect(await components()).toMatchObject({
    status: { updates: [bios], conditions: [{ type: 'ChangeDetected', status: 'False' }, { type: 'Valid' }] },
  });
});

test('an update that failed is off the record, and tried again after the pause', async () => {
  await available();
  const bios = { component: 'bios', url: 'http://files/bios-2.bin' };
  await update([bios]);
  await world.firmwarePass(name);
  await world.pass(name);
  expect((await components()).status?.updates).toEqual([bios]);
  world.ironic.settle('the image is not for this machine');
  await world.pass(name);
  expect((await components()).status?.updates ?? []).toEqual([]);
  expect(await world.host(name)).toMatchObject({
    status: { errorType: 'preparation error', errorMessage: 'the image is not for this machine' },
  });
  await world.firmwarePass(name);
  await world.clock.advance(300_000);
  await world.until(name, 'available');
  expect(cleans()).toBe(2);
  expect(await components()).toMatchObject({ status: { updates: [bios] } });
});

test('paused and detached hosts are left alone', async () => {
  await available();
  for (const annotation of ['baremetalhost.metal3.io/paused', 'baremetalhost.metal3.io/detached']) {
    await world.annotate(name, { [annotation]: '' });
    expect(await world.firmwarePass(name)).toEqual([undefined, undefined, undefined]);
    await world.annotate(name, { [annotation]: null });
  }
});

test("settings that go while they are looked at are nobody's trouble", async () => {
  await available();
  await want({ Retries: 4 });
  const looking = world.firmwarePass(name);
  await world.kubernetes.delete(hostFirmwareSettings, key);
  await expect(looking).resolves.toHaveLength(3);
});

const inUse = async () => {
  await available();
  await world.edit(name, { spec: { image: { url: 'http://images.example/os.qcow2', checksum: 'abc' } } });
  await world.until(name, 'provisioned');
  await world.pass(name);
};
const allow = () =>
  world.kubernetes.create(hostUpdatePolicy, { metadata: key, spec: { firmwareSettings: 'onReboot' } });
const services = () => world.ironic.calls.filter(({ what }) => what === 'service').length;
/** Passes and work of Ironic in turn. */
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
  }
};

test('a policy belongs to the host of its name, whichever came first', async () => {
  await allow();
  await world.firmwarePass(name);
  const ownersOf = async () => (await world.kubernetes.get(hostUpdatePolicy, key)).metadata.ownerReferences;
  expect(await ownersOf()).toBeUndefined();
  await world.enrol(name);
  await world.firmwarePass(name);
  const { uid } = (await world.host(name)).metadata;
  expect(await ownersOf()).toMatchObject([{ kind: 'BareMetalHost', name, uid }]);
});

test('a provisioned host whose policy says onReboot gets its settings with the next reboot, and runs again', async () => {
  await inUse();
  await allow();
  await want({ Retries: 7 });
  await world.firmwarePass(name);
  await turns(3);
  expect(services()).toBe(0);

  await world.annotate(name, { 'reboot.metal3.io': '' });
  await turns(1);
  await world.pass(name);
  expect((await world.host(name)).status).toMatchObject({ operationalStatus: 'servicing' });
  world.ironic.settle();
  await turns(4);
  expect(services()).toBe(1);
  expect(world.ironic.argumentsOf(node(), 'service')).toEqual({
    service_steps: [
      { interface: 'bios', step: 'apply_configuration', args: { settings: [{ name: 'Retries', value: 7 }] } },
    ],
  });
  expect((await world.host(name)).status).toMatchObject({
    operationalStatus: 'OK',
    poweredOn: true,
    provisioning: { state: 'provisioned' },
  });
});

test('a host that is released while its firmware is changed, or after that has failed, is released all the same', async () => {
  await inUse();
  await allow();
  await want({ Retries: 7 });
  await world.firmwarePass(name);
  await world.annotate(name, { 'reboot.metal3.io': '' });
  await turns(1);
  await world.pass(name);
  world.ironic.settle('the BMC says no');
  await world.pass(name);
  expect((await world.host(name)).status).toMatchObject({
    operationalStatus: 'error',
    errorType: 'servicing error',
    errorMessage: 'the BMC says no',
  });
  await world.edit(name, { spec: { image: null } });
  await world.until(name, 'available');
  expect((await world.host(name)).status).toMatchObject({ operationalStatus: 'OK', errorMessage: '' });
});
