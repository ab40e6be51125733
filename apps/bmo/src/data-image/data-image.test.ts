import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { dataImage } from '@metal3/metal3-api';
import { caughtUp, deleteHost, namespace, newWorld, type World } from '../host/testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
  world.ironic.inventory = { inventory: { cpu: { architecture: 'x86_64' } }, pluginData: {} };
});
afterEach(() => world.stop());

const name = 'host-1';
const key = { namespace, name };
const url = 'http://192.0.2.2/data.iso';
const node = (): string => [...world.ironic.nodes.keys()][0] ?? '';
const drive = () => world.ironic.bmc.drives.get(node());
const find = () => world.kubernetes.find(dataImage, key);
const status = async () => (await find())?.status;
const want = async (wanted = url) => {
  await world.kubernetes.create(dataImage, { metadata: key, spec: { url: wanted } });
  await caughtUp();
};
const remove = async () => {
  await world.kubernetes.delete(dataImage, key);
  await caughtUp();
};
const provisioned = async () => {
  await world.enrol(name, { image: { url: 'http://192.0.2.2/os.raw', checksum: '0'.repeat(64), format: 'raw' } });
  await world.until(name, 'provisioned');
};
/** Passes, with Ironic's work done in between, until the machine is on or off. */
const powered = async (state: 'power on' | 'power off') => {
  for (let turn = 0; turn < 15; turn += 1) {
    await world.pass(name);
    world.ironic.settle();
    if (world.ironic.nodes.get(node())?.powerState === state) return;
    await world.clock.advance(1_000);
  }
  throw new Error(`the machine is not "${state}"`);
};
const reboot = async () => {
  await world.annotate(name, { 'reboot.metal3.io': '' });
  await powered('power off');
  await powered('power on');
  await world.pass(name);
};

test('an image belongs to its host, says at once that nothing is attached, and waits for a reboot', async () => {
  await provisioned();
  await want();
  await world.dataImagePass(name);
  const { metadata, status: told } = (await find()) ?? {};
  expect(metadata?.finalizers).toEqual(['dataimage.metal3.io']);
  expect(metadata?.ownerReferences).toMatchObject([{ kind: 'BareMetalHost', name }]);
  expect(told).toEqual({
    attachedImage: { url: '' },
    error: { count: 0, message: '' },
    lastReconciled: expect.stringMatching(/Z$/),
  });
  await world.pass(name);
  expect(drive()).toBeUndefined();

  await reboot();
  expect(drive()).toBe(url);
  expect(await status()).toMatchObject({ attachedImage: { url }, error: { count: 0 } });
  expect(world.ironic.nodes.get(node())?.powerState).toBe('power on');
});

test('another image takes its place by the next reboot', async () => {
  await provisioned();
  await want();
  await world.dataImagePass(name);
  await reboot();
  const second = 'http://192.0.2.2/second.iso';
  await world.kubernetes.patch(dataImage, key, { type: 'merge', body: { spec: { url: second } } });
  await caughtUp();
  await reboot();
  expect(drive()).toBe(second);
  expect(await status()).toMatchObject({ attachedImage: { url: second } });
});

test('an image that is deleted stays until the host is rebooted, and its author is told so', async () => {
  await provisioned();
  await want();
  await world.dataImagePass(name);
  await reboot();
  await remove();
  await world.dataImagePass(name);
  expect((await find())?.metadata.deletionTimestamp).toBeDefined();
  expect(await world.events()).toContainEqual(
    expect.objectContaining({ reason: 'DetachPending', message: expect.stringContaining('rebooted') }),
  );
  await reboot();
  expect(drive()).toBeUndefined();
  await world.dataImagePass(name);
  expect(await find()).toBeUndefined();
});

test('a drive that cannot be reached is told at once, and again until it can', async () => {
  await provisioned();
  world.ironic.bmc.broken = 'no answer';
  await want();
  expect(await world.dataImagePass(name)).toBe(30);
  expect(await status()).toMatchObject({ error: { count: 1, message: 'no answer' } });
  expect(await world.dataImagePass(name)).toBe(60);
  expect(await status()).toMatchObject({ error: { count: 2, message: 'no answer' } });
  world.ironic.bmc.broken = '';
  await world.dataImagePass(name);
  expect(await status()).toMatchObject({ error: { count: 0, message: '' } });
});

test('an image that Ironic cannot attach keeps the machine off, with the reason, until it is another one', async () => {
  await provisioned();
  await want('http://192.0.2.2/absent.iso');
  await world.dataImagePass(name);
  await world.annotate(name, { 'reboot.metal3.io': '' });
  await powered('power off');
  await world.pass(name);
  await world.pass(name);
  world.ironic.settle('Failed while attaching media: HTTP 404');
  expect(await world.pass(name)).toBe(30);
  expect(await status()).toMatchObject({
    attachedImage: { url: '' },
    error: { count: 1, message: 'Failed while attaching media: HTTP 404' },
  });
  expect((await world.host(name)).status).toMatchObject({ operationalStatus: 'OK', errorMessage: '' });
  await world.kubernetes.patch(dataImage, key, { type: 'merge', body: { spec: { url } } });
  await caughtUp();
  await powered('power on');
  expect(drive()).toBe(url);
  await world.pass(name);
  expect((await world.host(name)).status).toMatchObject({ operationalStatus: 'OK', errorMessage: '' });
});

test('an image whose host is gone, or was never there, holds nobody up', async () => {
  await want();
  expect(await world.dataImagePass(name)).toBeUndefined();
  expect((await find())?.metadata.finalizers ?? []).toEqual([]);
  await provisioned();
  await world.dataImagePass(name);
  await deleteHost(world, name);
  await world.until(name, undefined);
  await remove();
  await world.dataImagePass(name);
  expect(await find()).toBeUndefined();
});

test.each<[string, Record<string, string>, boolean]>([
  ['paused', { 'baremetalhost.metal3.io/paused': '' }, true],
  ['detached', { 'baremetalhost.metal3.io/detached': '' }, false],
])('the image of a host that is %s', async (_what, annotations, stays) => {
  await provisioned();
  await want();
  await world.dataImagePass(name);
  await reboot();
  await world.annotate(name, annotations);
  await remove();
  await world.dataImagePass(name);
  expect((await find()) !== undefined).toBe(stays);
});
