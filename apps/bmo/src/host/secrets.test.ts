import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bareMetalHost } from '@metal3/metal3-api';
import { secretKind } from './adapters/secret.ts';
import { caughtUp, deleteHost, namespace, newWorld, provision, tellInventories, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.stop());

const image = { url: 'http://images.example/os.qcow2', checksum: 'abc', checksumType: 'sha256' } as const;
const name = 'host-1';

test('a Secret that is missing is said once, looked for again, and used when it is there', async () => {
  await world.kubernetes.create(bareMetalHost, {
    metadata: { namespace, name },
    spec: { online: true, bmc: { address: 'redfish-virtualmedia://192.0.2.1/', credentialsName: 'later' } },
  });
  await caughtUp();
  expect(await world.pass(name)).toBe(10);
  const writes = world.written().get('patchStatus baremetalhosts');
  expect(await world.pass(name)).toBe(10);
  expect(world.written().get('patchStatus baremetalhosts')).toBe(writes);
  expect(await world.host(name)).toMatchObject({
    status: { errorType: 'registration error', errorCount: 1, provisioning: { state: 'registering' } },
  });

  tellInventories(world);
  await world.createSecret('later', { username: 'admin', password: 'secret' });
  await world.until(name, 'available');
});

test('user data that is missing keeps the host where it is, and is used when it is there', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.edit(name, { spec: { image, userData: { name: 'user' } } });
  await world.pass(name);
  world.ironic.settle();
  expect(await world.pass(name)).toBe(10);
  expect((await world.events()).map(({ reason, message }) => `${reason}: ${message}`)).toContain(
    'HostConfigDataError: Secret "user" of spec.userData does not exist',
  );
  await world.createSecret('user', { value: '#cloud-config' });
  await world.until(name, 'provisioned');
});

test('a Secret that the host no longer names is let go', async () => {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.createSecret('other', { username: 'admin', password: 'new' });
  await world.edit(name, { spec: { bmc: { credentialsName: 'other' } } });
  await world.pass(name);
  const secret = (secretName: string) => world.kubernetes.get(secretKind, { namespace, name: secretName });
  const former = await secret(`${name}-bmc`);
  expect([former.metadata.finalizers ?? [], former.metadata.ownerReferences ?? []]).toEqual([[], []]);
  expect((await secret('other')).metadata.finalizers).toEqual(['baremetalhost.metal3.io/secret']);
  expect((await world.host(name)).status?.goodCredentials?.credentials?.name).toBe('other');
});

test('a host can be deleted although its Secret has gone', async () => {
  await provision(world, name, image);
  await world.kubernetes.patch(
    secretKind,
    { namespace, name: `${name}-bmc` },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
  await world.kubernetes.delete(secretKind, { namespace, name: `${name}-bmc` });
  await deleteHost(world, name);
  await world.until(name, undefined);
  expect([...world.ironic.nodes.values()]).toEqual([]);
});

test('the Secret of the network that agents start on is held until the last host that names it has gone', async () => {
  tellInventories(world);
  const metadataOf = async (secret: string) =>
    (await world.kubernetes.get(secretKind, { namespace, name: secret })).metadata;
  await world.createSecret('net', { networkData: '{"links": []}' });
  await world.createSecret('other-net', { networkData: '{"links": []}' });
  await world.enrol(name, { preprovisioningNetworkDataName: 'net' });
  await world.enrol('host-2', { preprovisioningNetworkDataName: 'net' });
  await world.until(name, 'available');
  await world.until('host-2', 'available');
  expect(await metadataOf('net')).toMatchObject({
    finalizers: ['baremetalhost.metal3.io/secret'],
    labels: { 'environment.metal3.io': 'baremetal' },
  });
  expect((await metadataOf('net')).ownerReferences).toBeUndefined();

  await deleteHost(world, name);
  await world.until(name, undefined);
  expect((await metadataOf('net')).finalizers).toEqual(['baremetalhost.metal3.io/secret']);

  await world.edit('host-2', { spec: { preprovisioningNetworkDataName: 'other-net' } });
  await world.pass('host-2');
  expect((await metadataOf('net')).finalizers ?? []).toEqual([]);
  expect((await metadataOf('other-net')).finalizers).toEqual(['baremetalhost.metal3.io/secret']);

  await deleteHost(world, 'host-2');
  await world.until('host-2', undefined);
  expect((await metadataOf('other-net')).finalizers ?? []).toEqual([]);
});
