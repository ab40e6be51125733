import { afterEach, expect, test } from '@jest/globals';
import { redfishBmcs, type Bmcs, type RedfishSystem } from '../src/index.ts';
import { bmcStub, instantClock, type StubReply } from './bmc-stub.ts';

const path = '/redfish/v1/Systems/1';
const link = (target: string) => ({ '@odata.id': target });

let stub: Awaited<ReturnType<typeof bmcStub>>;
let bmcs: Bmcs;
afterEach(async () => {
  await bmcs.close();
  await stub.close();
});

/** A BMC by its resources: a body by its path, or a whole reply by method and path. */
async function machine(resources: Readonly<Record<string, StubReply['body'] | StubReply>>): Promise<RedfishSystem> {
  const all: Readonly<Record<string, unknown>> = {
    [path]: {
      Manufacturer: 'Contoso',
      BiosVersion: '2.1',
      Bios: link(`${path}/Bios`),
      Links: { ManagedBy: [link('/redfish/v1/Managers/1')] },
    },
    ...resources,
  };
  stub = await bmcStub((request) => {
    const found = all[`${request.method} ${request.path}`] as StubReply | undefined;
    if (found !== undefined) return found;
    const body = request.method === 'GET' ? all[request.path] : undefined;
    return body === undefined ? { status: 404 } : { body };
  });
  bmcs = redfishBmcs({ clock: instantClock });
  const account = { username: 'admin', password: 'secret', authType: 'basic', verifyTls: true } as const;
  return bmcs.system({ origin: stub.origin, systemPath: path, ...account });
}

const bios = {
  AttributeRegistry: 'Reg.v1',
  Attributes: { Delay: 30, Quiet: true, Odd: 'x' },
  Actions: { '#Bios.ResetBios': { target: `${path}/Bios/Reset` } },
};
const registry = {
  RegistryEntries: {
    Attributes: [
      { AttributeName: 'Delay', Type: 'Integer', LowerBound: 0, UpperBound: 60, ReadOnly: false, ResetRequired: true },
      { AttributeName: 'Quiet', Type: 'Boolean', Value: [{ ValueName: 'a' }, { ValueName: 'b' }] },
    ],
  },
};
const file = {
  Id: 'Reg.v1',
  Location: [
    { Language: 'de', Uri: '/de' },
    { Language: 'en-US', Uri: '/en' },
  ],
};

test('BIOS attributes come with what the registry in English says of them', async () => {
  const system = await machine({ [`${path}/Bios`]: bios, '/redfish/v1/Registries/Reg.v1': file, '/en': registry });
  expect(await system.bios()).toMatchObject([
    { name: 'Delay', value: 30, type: 'Integer', lowerBound: 0, upperBound: 60, readOnly: false, resetRequired: true },
    { name: 'Quiet', value: true, type: 'Boolean', allowableValues: ['a', 'b'] },
    { name: 'Odd', value: 'x', type: undefined },
  ]);
});

test('a registry that is filed under another name is found, and one that is missing does not matter', async () => {
  const elsewhere = '/redfish/v1/Registries/BiosAttributeRegistry';
  const system = await machine({
    [`${path}/Bios`]: bios,
    '/redfish/v1/Registries': { Members: [link('/redfish/v1/Registries/Base'), link(elsewhere)] },
    [elsewhere]: { ...file, Id: 'other', Registry: 'Reg.v1' },
    '/en': registry,
  });
  expect(await system.bios()).toMatchObject([{ type: 'Integer' }, { type: 'Boolean' }, {}]);
  await bmcs.close();
  await stub.close();
  expect(await (await machine({ [`${path}/Bios`]: bios })).bios()).toMatchObject([{ name: 'Delay' }, {}, {}]);
});

test('a reset of the BIOS is the action that the BMC names', async () => {
  const system = await machine({ [`${path}/Bios`]: bios, [`POST ${path}/Bios/Reset`]: { status: 204 } });
  await system.resetBios();
  expect(stub.lines().at(-1)).toBe(`POST ${path}/Bios/Reset`);
});

test('firmware is that of the system and of its manager', async () => {
  const system = await machine({
    '/redfish/v1/Managers/1': { FirmwareVersion: '7.0', Manufacturer: 'Contoso', Model: 'M7', SerialNumber: 'S' },
  });
  expect(await system.firmware()).toEqual([
    { component: 'bios', version: '2.1', vendor: 'Contoso', model: undefined, serialNumber: undefined },
    { component: 'bmc', version: '7.0', vendor: 'Contoso', model: 'M7', serialNumber: 'S' },
  ]);
});

test('firmware that was read a moment ago is not read again, except after a restart and after an update', async () => {
  const manager = '/redfish/v1/Managers/1';
  const system = await machine({
    [manager]: { FirmwareVersion: '7.0' },
    [`POST ${path}/Actions/ComputerSystem.Reset`]: { status: 204 },
    '/redfish/v1/UpdateService': { Actions: { '#UpdateService.SimpleUpdate': { target: '/update' } } },
    'POST /update': { status: 202 },
  });
  const readsOf = async (maxAgeMs: number) => {
    const before = stub.requests.length;
    expect(await system.firmware({}, maxAgeMs)).toHaveLength(2);
    return stub.lines().slice(before);
  };
  await system.read();
  expect(await readsOf(1_000)).toEqual([`GET ${manager}`]);
  expect(await readsOf(1_000)).toEqual([]);
  expect(await readsOf(0)).toEqual([`GET ${path}`, `GET ${manager}`]);
  await system.reset('ForceRestart');
  expect(await readsOf(1_000)).toEqual([`GET ${path}`]);
  await system.startUpdate('bmc', 'http://files/new.bin');
  expect(await readsOf(1_000)).toEqual([`GET ${manager}`]);
});

test('an update names the entry of the inventory that is meant, and answers its task', async () => {
  const inventory = '/redfish/v1/UpdateService/FirmwareInventory';
  const system = await machine({
    '/redfish/v1/UpdateService': {
      FirmwareInventory: link(inventory),
      Actions: { '#UpdateService.SimpleUpdate': { target: '/update' } },
    },
    [inventory]: { Members: [link(`${inventory}/NIC.1`), link(`${inventory}/BIOS`), link(`${inventory}/BMC`)] },
    'POST /update': { status: 202, headers: { location: '/redfish/v1/TaskService/TaskMonitors/9' } },
  });
  expect(await system.startUpdate('bios', 'http://files/new.bin')).toBe('/redfish/v1/TaskService/TaskMonitors/9');
  expect(stub.requests.at(-1)?.body).toEqual({ ImageURI: 'http://files/new.bin', Targets: [`${inventory}/BIOS`] });
});

test('a BMC that installs nothing on request says so', async () => {
  const system = await machine({ '/redfish/v1/UpdateService': {} });
  await expect(system.startUpdate('bmc', 'http://files/x')).rejects.toThrow(/has no SimpleUpdate/);
});

const events = {
  '/redfish/v1/': { EventService: link('/redfish/v1/EventService') },
  '/redfish/v1/EventService': { Subscriptions: link('/redfish/v1/EventService/Subscriptions') },
} as const;
const wanted = { destination: 'http://a/', context: 'c', eventTypes: ['Alert'], protocol: 'Redfish', headers: [] };

test('a subscription whose creation is answered with its place alone is read from there', async () => {
  const place = '/redfish/v1/EventService/Subscriptions/7';
  const system = await machine({
    ...events,
    'POST /redfish/v1/EventService/Subscriptions': { status: 201, headers: { location: place } },
    [place]: { Id: '7', Destination: 'http://a/', Context: 'c', EventTypes: ['Alert'], Protocol: 'Redfish' },
    [`DELETE ${place}`]: { status: 204 },
    '/redfish/v1/EventService/Subscriptions': { Members: [link(place)] },
  });
  const { subscriptions } = system;
  const { headers: _none, ...shown } = wanted;
  expect(await subscriptions.create(wanted)).toEqual({ id: '7', ...shown });
  expect(await subscriptions.get('7')).toEqual({ id: '7', ...shown });
  expect(await subscriptions.list()).toEqual([place]);
  await subscriptions.delete('7');
  expect(stub.lines().at(-1)).toBe(`DELETE ${place}`);
});

test('a BMC without events says so', async () => {
  const system = await machine({ '/redfish/v1/': {} });
  await expect(system.subscriptions.list()).rejects.toThrow(/sends no events/);
});

test('lamps are those of chassis, system and drives; IndicatorLED blinks, LocationIndicatorActive does not', async () => {
  const system = await machine({
    [path]: {
      UUID: 'U1',
      IndicatorLED: 'Blinking',
      LocationIndicatorActive: true,
      Storage: link(`${path}/Storage`),
      Links: { Chassis: [link('/redfish/v1/Chassis/1'), link('/redfish/v1/Chassis/dark')] },
    },
    '/redfish/v1/Chassis/1': { Id: '1', LocationIndicatorActive: false },
    '/redfish/v1/Chassis/dark': { Id: 'dark' },
    [`${path}/Storage`]: { Members: [link(`${path}/Storage/S`)] },
    [`${path}/Storage/S`]: { Id: 'S', Drives: [link(`${path}/Storage/S/Drives/D`)] },
    [`${path}/Storage/S/Drives/D`]: { Id: 'D', IndicatorLED: 'Off' },
    [`PATCH ${path}`]: { status: 400 },
  });
  const lamps = await system.indicators();
  expect(lamps).toMatchObject([
    { component: 'chassis', name: '1', state: 'off', canBlink: false },
    { component: 'system', name: 'U1', state: 'blinking', canBlink: true },
    { component: 'disk', name: 'S:D', state: 'off', canBlink: true },
  ]);
  // This BMC shows IndicatorLED and does not take it any more.
  const own = lamps[1];
  if (own === undefined) throw new Error('no lamp');
  await expect(system.setIndicator(own, 'off')).rejects.toThrow(/400/);
  expect(stub.requests.slice(-2).map(({ body }) => body)).toEqual([
    { IndicatorLED: 'Off' },
    { LocationIndicatorActive: false },
  ]);
});
