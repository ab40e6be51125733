import { afterEach, expect, test } from '@jest/globals';
import { redfishBmcs, type Bmcs, type RedfishSystem } from '../src/index.ts';
import { bmcStub, instantClock, type StubReply } from './bmc-stub.ts';

const path = '/redfish/v1/Systems/1';
const raid = `${path}/Storage/RAID`;
const tasks = '/redfish/v1/TaskService/Tasks';
const link = (target: string) => ({ '@odata.id': target });
const members = (...paths: readonly string[]) => ({ Members: paths.map(link) });

let stub: Awaited<ReturnType<typeof bmcStub>>;
let bmcs: Bmcs;
afterEach(async () => {
  await bmcs.close();
  await stub.close();
});

/** A BMC by its resources: bodies by path, whole replies by method and path. */
async function machine(resources: Readonly<Record<string, unknown>>): Promise<RedfishSystem> {
  const all: Readonly<Record<string, unknown>> = { [path]: { Storage: link(`${path}/Storage`) }, ...resources };
  stub = await bmcStub(({ method, path: asked }) => {
    const whole = all[`${method} ${asked}`] as StubReply | undefined;
    const body = method === 'GET' ? all[asked] : undefined;
    return whole ?? (body === undefined ? { status: 404 } : { body });
  });
  bmcs = redfishBmcs({ clock: instantClock });
  const account = { username: 'admin', password: 'secret', authType: 'basic', verifyTls: true } as const;
  return bmcs.system({ origin: stub.origin, systemPath: path, ...account });
}

const subsystem = {
  [`${path}/Storage`]: members(raid),
  [raid]: {
    Id: 'RAID',
    Name: 'PERC',
    StorageControllers: [{ SupportedRAIDTypes: ['RAID0', 'RAID1'] }],
    Drives: [link(`${raid}/Drives/0`)],
    Volumes: link(`${raid}/Volumes`),
  },
  [`${raid}/Drives/0`]: { Id: '0', CapacityBytes: 1000, MediaType: 'SSD', Protocol: 'SAS', SerialNumber: 'S0' },
  [`${raid}/Volumes`]: {
    ...members(`${raid}/Volumes/1`, `${raid}/Volumes/2`, `${raid}/Volumes/3`),
    '@Redfish.OperationApplyTimeSupport': { SupportedValues: ['Immediate', 'OnReset'] },
  },
  [`${raid}/Volumes/1`]: {
    RAIDType: 'RAID1',
    CapacityBytes: 900,
    Links: { Drives: [link(`${raid}/Drives/0`)] },
    Identifiers: [{ DurableNameFormat: 'NAA', DurableName: '6000C29A1B2C3D4E5F60718293A4B5C6' }],
  },
  [`${raid}/Volumes/2`]: { VolumeType: 'Mirrored', Capacity: { Data: { AllocatedBytes: 800 } } },
  [`${raid}/Volumes/3`]: { VolumeType: 'RawDevice', CapacityBytes: 700 },
};

test('storage is read with its drives and volumes; a drive that is shown as a volume has no RAID type', async () => {
  const system = await machine(subsystem);
  expect(await system.storage()).toMatchObject([
    {
      path: raid,
      id: 'RAID',
      name: 'PERC',
      raidTypes: ['RAID0', 'RAID1'],
      volumeCollection: `${raid}/Volumes`,
      applyTimes: ['Immediate', 'OnReset'],
      drives: [{ id: '0', serialNumber: 'S0', capacityBytes: 1000, mediaType: 'SSD', protocol: 'SAS' }],
      volumes: [
        { id: '1', raidType: 'RAID1', drives: [`${raid}/Drives/0`], wwn: '0x6000c29a1b2c3d4e5f60718293a4b5c6' },
        { id: '2', raidType: 'RAID1', capacityBytes: 800, wwn: undefined },
        { id: '3', raidType: undefined },
      ],
    },
  ]);
});

test.each([
  ['in a collection of their own', { Controllers: link(`${raid}/Controllers`) }, ['RAID5']],
  ['that do not say', { StorageControllers: [{}] }, undefined],
  ['that make no RAID', { StorageControllers: [{ SupportedRAIDTypes: [] }] }, []],
])('controllers %s', async (_where, body, raidTypes) => {
  const system = await machine({
    [`${path}/Storage`]: members(raid),
    [raid]: body,
    [`${raid}/Controllers`]: members(`${raid}/Controllers/1`),
    [`${raid}/Controllers/1`]: { SupportedRAIDTypes: ['RAID5'] },
  });
  expect(await system.storage()).toMatchObject([{ id: 'RAID', raidTypes, volumeCollection: undefined, volumes: [] }]);
});

test('a machine without storage has none', async () => {
  const system = await machine({ [path]: {} });
  expect(await system.storage()).toEqual([]);
});

const order = {
  collection: `${raid}/Volumes`,
  raidType: 'RAID10',
  capacityBytes: 500,
  drives: [`${raid}/Drives/0`, `${raid}/Drives/1`],
} as const;

test.each<[string, StubReply, string | undefined]>([
  ['that is made at once', { status: 201, headers: { location: `${raid}/Volumes/9` } }, undefined],
  ['that takes a while', { status: 202, headers: { location: '/monitor/1' } }, '/monitor/1'],
  ['whose task is told in the body', { status: 202, body: { '@odata.id': `${tasks}/1` } }, `${tasks}/1`],
])('a volume %s', async (_how, reply, monitor) => {
  const system = await machine({ [`POST ${raid}/Volumes`]: reply });
  expect(await system.createVolume({ ...order, name: 'data', applyTime: 'OnReset' })).toBe(monitor);
  expect(stub.requests.at(-1)?.body).toEqual({
    Name: 'data',
    RAIDType: 'RAID10',
    VolumeType: 'SpannedMirrors',
    CapacityBytes: 500,
    Links: { Drives: order.drives.map(link) },
    '@Redfish.OperationApplyTime': 'OnReset',
  });
});

test('a volume is deleted when the BMC is told to, and one that is gone is no error', async () => {
  const system = await machine({ [`DELETE ${raid}/Volumes/1`]: { status: 202, headers: { location: '/monitor/2' } } });
  expect(await system.deleteVolume(`${raid}/Volumes/1`, 'Immediate')).toBe('/monitor/2');
  expect(stub.requests.at(-1)?.body).toEqual({ '@Redfish.OperationApplyTime': 'Immediate' });
  expect(await system.deleteVolume(`${raid}/Volumes/2`, undefined)).toBeUndefined();
  expect(stub.requests.at(-1)?.body).toBeUndefined();
});

test('what the BMC has been asked for and has not finished is found by its requests', async () => {
  const payload = (TargetUri: string, HttpOperation: string, JsonBody = '{}') => ({
    Payload: { TargetUri, HttpOperation, JsonBody },
  });
  const creation = JSON.stringify({ Links: { Drives: order.drives.map(link) } });
  const system = await machine({
    [tasks]: members(`${tasks}/1`, `${tasks}/2`, `${tasks}/3`, `${tasks}/4`),
    [`${tasks}/1`]: { TaskState: 'Completed', ...payload(order.collection, 'POST', creation) },
    [`${tasks}/2`]: { TaskState: 'New', TaskMonitor: '/monitor/2', ...payload(order.collection, 'POST', creation) },
    [`${tasks}/3`]: { TaskState: 'Running', ...payload(`${raid}/Volumes/1`, 'DELETE', 'no JSON') },
    [`${tasks}/4`]: { TaskState: 'Running' },
  });
  expect(await system.openOperations()).toEqual([
    { monitor: '/monitor/2', method: 'POST', target: order.collection, drives: order.drives },
    { monitor: `${tasks}/3`, method: 'DELETE', target: `${raid}/Volumes/1`, drives: [] },
  ]);
});
