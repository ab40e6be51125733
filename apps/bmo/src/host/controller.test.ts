import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { deleteHost, newWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.stop());

const image = {
  url: 'http://images.example/os.qcow2',
  checksum: 'abc',
  checksumType: 'sha256',
  format: 'qcow2',
} as const;
const inventory = {
  inventory: {
    cpu: { architecture: 'x86_64', count: 4, model_name: 'CPU', frequency: '2100.5' },
    interfaces: [{ name: 'eth0', mac_address: '52:54:00:00:00:01', ipv4_address: '192.0.2.10' }],
    disks: [{ name: '/dev/sda', size: 1000 }],
    memory: { physical_mb: 4096 },
  },
  pluginData: {},
};

test('what clients read of a status without asking whether it is there, is there from the first pass on', async () => {
  await world.enrol('host-1');
  await world.until('host-1', 'registering');
  expect((await world.host('host-1')).status).toMatchObject({
    goodCredentials: {},
    triedCredentials: {},
    operationHistory: { inspect: {}, provision: {}, deprovision: {} },
    provisioning: { image: { url: '' } },
  });
});

test('a host goes from nothing to available, provisioned, available and gone', async () => {
  world.ironic.inventory = inventory;
  await world.enrol('host-1');
  await world.until('host-1', 'available');

  const available = await world.host('host-1');
  expect(available.status).toMatchObject({
    operationalStatus: 'OK',
    errorMessage: '',
    errorCount: 0,
    hardwareProfile: 'unknown',
    hardware: { cpu: { arch: 'x86_64', count: 4 }, ramMebibytes: 4096 },
    provisioning: { state: 'available', bootMode: 'UEFI', rootDeviceHints: { deviceName: '/dev/sda' } },
    goodCredentials: { credentials: { name: 'host-1-bmc', namespace: 'metal' } },
  });
  expect(available.spec.architecture).toBe('x86_64');
  expect((await world.hardware('host-1'))?.spec.hardware?.nics).toHaveLength(1);
  expect(conditionsOf(available)).toMatchObject({
    Manageable: 'True',
    AvailableForProvisioning: 'True',
    Ready: 'False',
  });

  await world.createSecret('user', { userData: '#cloud-config' });
  await world.edit('host-1', { spec: { image, userData: { name: 'user' } } });
  await world.until('host-1', 'provisioned');
  const provisioned = await world.host('host-1');
  expect(provisioned.status?.provisioning.image).toEqual(image);
  expect(provisioned.status?.poweredOn).toBe(true);
  expect(conditionsOf(provisioned)).toMatchObject({
    Provisioned: 'True',
    Ready: 'True',
    AvailableForProvisioning: 'False',
  });
  const [node] = [...world.ironic.nodes.values()];
  expect(node?.instanceInfo).toMatchObject({
    image_source: image.url,
    image_os_hash_algo: 'sha256',
    image_os_hash_value: 'abc',
  });
  expect(world.ironic.configDriveOf(node?.uuid ?? '')).toMatchObject({
    user_data: '#cloud-config',
    meta_data: { name: 'host-1' },
  });

  await world.edit('host-1', { spec: { image: null } });
  await world.until('host-1', 'available');
  expect((await world.host('host-1')).status?.provisioning.image).toEqual({ url: '' });

  await deleteHost(world, 'host-1');
  await world.until('host-1', undefined);
  expect(world.ironic.nodes.size).toBe(0);
});

test('a whole life cycle costs no more than 30 writes, events included, and none is refused', async () => {
  world.ironic.inventory = inventory;
  await world.enrol('host-1');
  await world.until('host-1', 'available');
  await world.edit('host-1', { spec: { image } });
  await world.until('host-1', 'provisioned');
  await world.edit('host-1', { spec: { image: null } });
  await world.until('host-1', 'available');
  await deleteHost(world, 'host-1');
  await world.until('host-1', undefined);
  await world.events();

  const written = world.written();
  const total = [...written.values()].reduce((sum, count) => sum + count, 0);
  expect(total).toBeLessThanOrEqual(30);
});

function conditionsOf(host: Awaited<ReturnType<World['host']>>): Record<string, string> {
  return Object.fromEntries((host.status?.conditions ?? []).map(({ type, status }) => [type, status]));
}
