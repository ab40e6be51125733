import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bmcEventSubscription, type BMCEventSubscriptionSpec } from '@metal3/metal3-api';
import { caughtUp, deleteHost, namespace, newWorld, type World } from '../host/testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.stop());

const host = 'host-1';
const name = 'alerts';
const key = { namespace, name };
const destination = 'https://192.0.2.9/events';
const find = (of = name) => world.kubernetes.find(bmcEventSubscription, { namespace, name: of });
const status = async (of = name) => (await find(of))?.status;
const subscribe = async (spec: Partial<BMCEventSubscriptionSpec> = {}, of = name) => {
  await world.kubernetes.create(bmcEventSubscription, {
    metadata: { namespace, name: of },
    spec: { hostName: host, destination, context: 'rack 7', ...spec },
  });
  await caughtUp();
};
const remove = async () => {
  await world.kubernetes.delete(bmcEventSubscription, key);
  await caughtUp();
};
const atBmc = () => [...world.ironic.bmc.subscriptions];
const registered = async () => {
  await world.enrol(host);
  await world.until(host, 'inspecting');
};

test('the BMC of the host sends its events where the subscription says, until it is deleted', async () => {
  await registered();
  await world.createSecret('headers', { 'X-Token': 'secret', Accept: 'application/json' });
  await subscribe({ httpHeadersRef: { name: 'headers', namespace } });
  await world.subscriptionPass(name);
  const headers = { 'X-Token': 'secret', Accept: 'application/json' };
  expect(atBmc()).toEqual([['1', { destination, context: 'rack 7', headers }]]);
  expect(await status()).toEqual({ subscriptionID: '1' });
  expect((await find())?.metadata.finalizers).toEqual(['bmceventsubscription.metal3.io']);

  await world.subscriptionPass(name);
  expect(atBmc()).toHaveLength(1);
  await remove();
  await world.subscriptionPass(name);
  expect(atBmc()).toEqual([]);
  expect(await find()).toBeUndefined();
});

test('what it waits for stands in its status, and is over with that', async () => {
  await subscribe({ httpHeadersRef: { name: 'headers', namespace } });
  expect(await world.subscriptionPass(name)).toBeUndefined();
  expect(await status()).toEqual({ error: 'BareMetalHost "host-1" does not exist in namespace metal' });
  await world.enrol(host);
  await world.subscriptionPass(name);
  expect(await status()).toEqual({ error: 'BareMetalHost "host-1" is not registered in Ironic yet' });
  await world.until(host, 'inspecting');
  expect(await world.subscriptionPass(name)).toBe(30);
  expect(await status()).toEqual({ error: 'Secret "headers" of httpHeadersRef does not exist' });
  await world.createSecret('headers', {});
  world.ironic.bmc.broken = 'the BMC does not answer';
  expect(await world.subscriptionPass(name)).toBe(30);
  expect(await status()).toEqual({ error: 'the BMC does not answer' });
  world.ironic.bmc.broken = '';
  await world.subscriptionPass(name);
  expect(await status()).toEqual({ subscriptionID: '1' });
});

test('headers are not read from other namespaces', async () => {
  await registered();
  await subscribe({ httpHeadersRef: { name: 'headers', namespace: 'elsewhere' } });
  await world.subscriptionPass(name);
  expect(await status()).toEqual({ error: 'the Secret of httpHeadersRef must be in namespace metal' });
});

test('one that was made just before the program died is not made twice, and none is taken from another', async () => {
  await registered();
  await subscribe();
  const node = [...world.ironic.nodes.values()][0];
  if (node === undefined) throw new Error('there is no node');
  await world.ironic.createSubscription(node, { destination, context: 'rack 7', headers: {} });
  await world.subscriptionPass(name);
  expect(await status()).toEqual({ subscriptionID: '1' });
  expect(atBmc()).toHaveLength(1);
  await subscribe({}, 'second');
  await world.subscriptionPass('second');
  expect(await status('second')).toEqual({ subscriptionID: '2' });
});

test('one whose BMC cannot be told that it ends is held until it can', async () => {
  await registered();
  await subscribe();
  await world.subscriptionPass(name);
  await remove();
  world.ironic.bmc.broken = 'the BMC does not answer';
  expect(await world.subscriptionPass(name)).toBe(30);
  expect(await status()).toEqual({ subscriptionID: '1', error: 'the BMC does not answer' });
  world.ironic.bmc.broken = '';
  await world.subscriptionPass(name);
  expect(await find()).toBeUndefined();
});

test('one whose host is gone is let go', async () => {
  await registered();
  await subscribe();
  await world.subscriptionPass(name);
  await deleteHost(world, host);
  await world.until(host, undefined);
  await remove();
  await world.subscriptionPass(name);
  expect(await find()).toBeUndefined();
});
