import { afterEach, expect, test } from '@jest/globals';
import { redfishBmcs, type Bmcs, type RedfishSystem } from '../src/index.ts';
import { bmcStub, instantClock, type StubReply } from './bmc-stub.ts';

// What the services of vendors answer, in their shapes: where the standard leaves them room, and where they take some.

const path = '/redfish/v1/Systems/1';
const link = (target: string) => ({ '@odata.id': target });
const list = (...targets: readonly string[]) => ({ Members: targets.map(link) });

let stub: Awaited<ReturnType<typeof bmcStub>>;
let bmcs: Bmcs;
afterEach(async () => {
  await bmcs.close();
  await stub.close();
});

/** A BMC by its resources; the rest is not found and changes are taken, unless `refuses` knows better. */
async function machine(
  resources: Readonly<Record<string, object>>,
  refuses: (request: { method: string; path: string; body: unknown }) => StubReply | undefined = () => undefined,
): Promise<RedfishSystem> {
  stub = await bmcStub((request) => {
    const body = request.method === 'GET' ? resources[request.path] : undefined;
    if (body !== undefined) return { body };
    return refuses(request) ?? { status: request.method === 'GET' ? 404 : 204 };
  });
  bmcs = redfishBmcs({ clock: instantClock });
  const account = { username: 'admin', password: 'secret', authType: 'basic', verifyTls: true } as const;
  return bmcs.system({ origin: stub.origin, systemPath: path, ...account });
}

const changes = () => stub.requests.filter(({ method }) => method !== 'GET').map(({ path: to, body }) => [to, body]);

const withSettings = (settings: object, boot: object = {}) => ({
  [path]: { Boot: boot, '@Redfish.Settings': { SettingsObject: link(`${path}/Settings`) } },
  [`${path}/Settings`]: settings,
});
const cd = { target: 'Cd', enabled: 'Once', mode: 'uefi' } as const;
const [target, enabled, mode] = [
  { BootSourceOverrideTarget: 'Cd' },
  { BootSourceOverrideEnabled: 'Once' },
  { BootSourceOverrideMode: 'UEFI' },
];

test.each<[string, object, readonly (readonly [string, object])[]]>([
  // Lenovo XCC (SE450)
  ['keep the boot order alone', { Boot: { BootOrder: ['Boot0000'] } }, [[path, { ...target, ...enabled, ...mode }]]],
  // Dell iDRAC
  [
    'keep the boot mode and not the device',
    { Boot: { BootOrder: [], BootSourceOverrideMode: null } },
    [
      [`${path}/Settings`, mode],
      [path, { ...target, ...enabled }],
    ],
  ],
  // Nokia AirFrame
  [
    'keep it all',
    {
      Boot: { BootSourceOverrideTarget: 'None', BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideMode: 'UEFI' },
    },
    [[`${path}/Settings`, { ...target, ...enabled, ...mode }]],
  ],
  // HPE iLO
  ['keep nothing about booting', { Bios: {} }, [[path, { ...target, ...enabled, ...mode }]]],
])('the boot device is set where a service has it, with settings that %s', async (_sentence, settings, expected) => {
  const system = await machine(withSettings(settings));
  await system.setBoot(cd);
  expect(changes()).toEqual(expected.map(([to, boot]) => [to, { Boot: boot }]));
  await system.setBootMode('uefi');
  expect(changes().at(-1)).toEqual([
    'BootSourceOverrideMode' in ((settings as { Boot?: object }).Boot ?? {}) ? `${path}/Settings` : path,
    { Boot: mode },
  ]);
});

test('the URL of the last HTTP boot is taken away before a boot from elsewhere, and only where there is one', async () => {
  const system = await machine({ [path]: { Boot: { HttpBootUri: 'http://old/boot.iso' } } });
  await system.setBoot({ target: 'UefiHttp', enabled: 'Once' });
  await system.setBoot({ target: 'Hdd', enabled: 'Once' });
  await system.setBoot({ target: 'UefiHttp', enabled: 'Once', httpBootUri: 'http://new/boot.iso' });
  await system.setBoot({ target: 'Pxe', enabled: 'Once' });
  const uris = changes().map(([, body]) => (body as { Boot: Record<string, unknown> }).Boot['HttpBootUri']);
  expect(uris).toEqual([null, undefined, 'http://new/boot.iso', null]);
});

test('a boot device that is to stay is said to stay when the one before was for once', async () => {
  const system = await machine({ [path]: { Boot: { BootSourceOverrideEnabled: 'Continuous' } } });
  await system.setBoot({ target: 'Pxe', enabled: 'Once' });
  await system.setBoot({ target: 'Hdd', enabled: 'Continuous' });
  expect(changes().at(-1)).toEqual([
    path,
    { Boot: { BootSourceOverrideTarget: 'Hdd', BootSourceOverrideEnabled: 'Continuous' } },
  ]);
});

test.each([
  ['UsbCd', ['Pxe', 'Cd', 'UsbCd']],
  ['Cd', ['Pxe', 'Cd']],
])('a Supermicro boots its virtual CD as %s where it offers %j', async (expected, offered) => {
  const allowable = { 'BootSourceOverrideTarget@Redfish.AllowableValues': offered };
  const system = await machine({ [path]: { Manufacturer: 'Supermicro', Boot: allowable } });
  await system.setBoot({ target: 'Cd', enabled: 'Once' });
  expect(changes().at(-1)).toMatchObject([path, { Boot: { BootSourceOverrideTarget: expected } }]);
});

test('the drives of a manager are found where a system says Managers for ManagedBy', async () => {
  const system = await machine({
    [path]: { Links: { Managers: [link('/redfish/v1/Managers/1')] } },
    '/redfish/v1/Managers/1': { VirtualMedia: link('/redfish/v1/Managers/1/VirtualMedia') },
    '/redfish/v1/Managers/1/VirtualMedia': list('/redfish/v1/Managers/1/VirtualMedia/Cd'),
    '/redfish/v1/Managers/1/VirtualMedia/Cd': { MediaTypes: ['CD'] },
  });
  expect(await system.media()).toMatchObject([{ mediaTypes: ['CD'], inserted: false }]);
});

const chassis = '/redfish/v1/Chassis/1';
const adapters = `${chassis}/NetworkAdapters`;
const controllers = (FirmwarePackageVersion?: string) => ({
  Controllers: [{ ControllerCapabilities: {} }, { FirmwarePackageVersion }],
});
const withAdapters = {
  [path]: { Links: { Chassis: [link(chassis), link('/redfish/v1/Chassis/gone'), link('/redfish/v1/Chassis/bare')] } },
  '/redfish/v1/Chassis/bare': {},
  [chassis]: { NetworkAdapters: link(adapters) },
  [adapters]: list(`${adapters}/a`, `${adapters}/mute`, `${adapters}/gone`),
  [`${adapters}/a`]: {
    Id: 'NIC.Slot.1',
    Manufacturer: 'Contoso',
    Model: 'X',
    SerialNumber: 'S',
    ...controllers('14.2'),
  },
  [`${adapters}/mute`]: { Id: 'NIC.Slot.2', ...controllers() },
};

test('the firmware of network adapters is that of those that tell it, whatever else a chassis links to', async () => {
  const system = await machine(withAdapters);
  expect(await system.firmware()).toEqual([
    { component: 'nic:NIC.Slot.1', version: '14.2', vendor: 'Contoso', model: 'X', serialNumber: 'S' },
  ]);
  const reads = () => stub.lines().filter((line) => line === `GET ${adapters}/a`).length;
  await system.firmware({}, 1);
  expect(reads()).toBe(1);
  await system.firmware({}, 0);
  expect(reads()).toBe(2);
});

const update = { Actions: { '#UpdateService.SimpleUpdate': { target: '/update' } } };
const inventory = '/redfish/v1/UpdateService/FirmwareInventory';
const entries = (...ids: readonly string[]) => list(...ids.map((id) => `${inventory}/${id}`));

test('an adapter is updated by the entry of the inventory that belongs to it or to a part of it, and is installed', async () => {
  const related = (item: string) => ({ RelatedItem: [link(item)] });
  const system = await machine({
    ...withAdapters,
    '/redfish/v1/UpdateService': { ...update, FirmwareInventory: link(inventory) },
    [inventory]: entries('BIOS', 'gone', 'Previous-1-14.1__NIC.Slot.1-1', 'Installed-1-14.2__NIC.Slot.1-1'),
    [`${inventory}/BIOS`]: related(path),
    [`${inventory}/Previous-1-14.1__NIC.Slot.1-1`]: related(`${adapters}/a`),
    [`${inventory}/Installed-1-14.2__NIC.Slot.1-1`]: related(`${adapters}/a/NetworkDeviceFunctions/1`),
  });
  await system.startUpdate('nic:NIC.Slot.1', 'http://files/nic.bin');
  expect(changes()).toEqual([
    ['/update', { ImageURI: 'http://files/nic.bin', Targets: [`${inventory}/Installed-1-14.2__NIC.Slot.1-1`] }],
  ]);
});

test('an adapter that the machine does not have is refused with those that it has', async () => {
  const system = await machine({ ...withAdapters, '/redfish/v1/UpdateService': update });
  await expect(system.startUpdate('nic:9', 'http://files/nic.bin')).rejects.toThrow(
    /no network adapter nic:9; it has nic:NIC.Slot.1/,
  );
});

test('a service that wants to know what an image is for, and lists no firmware, is told the resource', async () => {
  const withoutTarget = ({ method, body }: { method: string; body: unknown }) =>
    method === 'GET' || JSON.stringify(body).includes('Targets')
      ? undefined
      : { status: 400, body: { error: { message: 'Missing Targets' } } };
  const system = await machine({ [path]: {}, '/redfish/v1/UpdateService': update }, withoutTarget);
  await system.startUpdate('bios', 'http://files/new.bin');
  expect(changes().map(([, body]) => body)).toEqual([
    { ImageURI: 'http://files/new.bin' },
    { ImageURI: 'http://files/new.bin', Targets: [path] },
  ]);
});

test.each([
  ['New', false],
  ['Starting', false],
  ['Pending', false],
  ['Running', true],
])('a task in state %s has begun: %s', async (state, begun) => {
  const system = await machine({ '/task': { TaskState: state } });
  expect(await system.task('/task')).toMatchObject({ state: 'running', begun });
});

test('what is linked to and missing is left out of what can be told', async () => {
  const storage = `${path}/Storage`;
  const system = await machine({
    [path]: {
      UUID: 'U',
      IndicatorLED: 'Off',
      EthernetInterfaces: link(`${path}/EthernetInterfaces`),
      SecureBoot: link(`${path}/SecureBoot`),
      Storage: link(storage),
      Links: { Chassis: [link('/redfish/v1/Chassis/gone')] },
    },
    [`${path}/EthernetInterfaces`]: list(`${path}/EthernetInterfaces/gone`, `${path}/EthernetInterfaces/1`),
    [`${path}/EthernetInterfaces/1`]: { MACAddress: '52:54:00:AA:BB:CC' },
    [storage]: list(`${storage}/A`),
    [`${storage}/A`]: { Id: 'A', Drives: [link(`${storage}/A/Drives/gone`), link(`${storage}/A/Drives/1`)] },
    [`${storage}/A/Drives/1`]: { Id: '1', CapacityBytes: 5 },
  });
  expect(await system.macAddresses()).toEqual(['52:54:00:aa:bb:cc']);
  expect(await system.storage()).toMatchObject([{ id: 'A', drives: [{ id: '1' }] }]);
  expect(await system.indicators()).toMatchObject([{ component: 'system', name: 'U' }]);
  expect(await system.secureBoot()).toBeUndefined();
});

test('the lamps of the machine are told although its storage is not', async () => {
  const resources = { [path]: { UUID: 'U', IndicatorLED: 'Lit', Storage: link(`${path}/Storage`) } };
  const system = await machine(resources, ({ method }) => (method === 'GET' ? { status: 500 } : undefined));
  expect(await system.indicators()).toMatchObject([{ component: 'system', name: 'U', state: 'on' }]);
});

test('a BIOS registry is found by the name that only it has itself', async () => {
  const registries = '/redfish/v1/Registries';
  const file = (id: string) => ({ Id: id, Registry: id, Location: [{ Language: 'en', Uri: `/files/${id}` }] });
  const system = await machine({
    [path]: { Bios: link(`${path}/BIOS`) },
    [`${path}/BIOS`]: { AttributeRegistry: 'BiosP89.v1', Attributes: { Turbo: 'On' } },
    [registries]: list(`${registries}/Base`, `${registries}/BiosOld`, `${registries}/BiosNew`),
    [`${registries}/BiosOld`]: file('BiosOld'),
    [`${registries}/BiosNew`]: file('BiosNew'),
    '/files/BiosOld': {
      Id: 'BiosP88.v1',
      RegistryEntries: { Attributes: [{ AttributeName: 'Turbo', Type: 'String' }] },
    },
    '/files/BiosNew': {
      Id: 'BiosP89.v1',
      RegistryEntries: { Attributes: [{ AttributeName: 'Turbo', Type: 'Enumeration' }] },
    },
  });
  expect(await system.bios()).toMatchObject([{ name: 'Turbo', value: 'On', type: 'Enumeration' }]);
});
