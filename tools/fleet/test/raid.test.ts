import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { blockDevices } from '../src/machine/block-devices.ts';
import { Bench, type Json } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ hosts: 2, raid: ['immediate', 'on-reset'] });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const storage = '/redfish/v1/Systems/{id}/Storage/2';
const onReset = () => bench.fleet.machine('node-1');
const drives = (machine = bench.machine, ...indices: number[]) =>
  indices.map((index) => ({
    '@odata.id': `/redfish/v1/Systems/${machine.identity.uuid}/Storage/2/Drives/Disk.Bay.${index}`,
  }));
const mirror = (machine = bench.machine) => ({ RAIDType: 'RAID1', Links: { Drives: drives(machine, 0, 1) } });

async function ended(monitor: string | null, machine = bench.machine): Promise<Json> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    const { status, body } = await bench.redfish('GET', monitor ?? '', { machine });
    if (status !== 202) return body;
    await setTimeout(5);
  }
  throw new Error(`${monitor} goes on`);
}

async function make(body: object = mirror()): Promise<void> {
  const { status, headers } = await bench.redfish('POST', `${storage}/Volumes`, { body });
  expect(status).toBe(202);
  expect(await ended(headers.get('location'))).toMatchObject({ TaskState: 'Completed', TaskStatus: 'OK' });
}

test('a volume is a disk of the operating system, and its drives are none any more', async () => {
  const before = blockDevices(bench.machine);
  expect(before).toHaveLength(2 + 8);
  await make({ ...mirror(), Name: 'system', CapacityBytes: 100 * 1024 ** 3 });
  const { body } = await bench.redfish('GET', `${storage}/Volumes/1`);
  expect(body).toMatchObject({ Id: '1', Name: 'system', RAIDType: 'RAID1', CapacityBytes: 100 * 1024 ** 3 });
  const after = blockDevices(bench.machine);
  expect(after.map(({ model }) => model)).toEqual([
    'FW-SSD-480',
    'FW-HDD-2000',
    'FW-RAID Volume',
    ...['FW-SAS-SSD-960', 'FW-SAS-SSD-960'],
    ...Array.from({ length: 4 }, () => 'FW-SAS-HDD-2400'),
  ]);
  expect(body.Identifiers[0].DurableName.toLowerCase()).toBe(after[2]?.wwn.slice(2));
  expect(new Set(after.map(({ serial }) => serial)).size).toBe(after.length);

  const { headers } = await bench.redfish('DELETE', `${storage}/Volumes/1`);
  await ended(headers.get('location'));
  expect(blockDevices(bench.machine)).toEqual(before);
  expect(bench.events('volume-created', 'volume-deleted').map(({ event }) => event)).toEqual([
    'volume-created',
    'volume-deleted',
  ]);
});

test.each([
  ['a level that there is not', { RAIDType: 'RAID3' }, 400],
  ['too few drives', { RAIDType: 'RAID5' }, 400],
  ['drives that are none', { RAIDType: 'RAID1', Links: { Drives: [{ '@odata.id': '/x' }] } }, 400],
  ['no drives', { RAIDType: 'RAID1', Links: {} }, 400],
  ['more than fits', { CapacityBytes: 1e13 }, 400],
  ['a time that the controller does not know', { '@Redfish.OperationApplyTime': 'OnReset' }, 400],
])('%s is refused', async (_what, wrong, expected) => {
  const { status } = await bench.redfish('POST', `${storage}/Volumes`, { body: { ...mirror(), ...wrong } });
  expect(status).toBe(expected);
});

test('a controller that acts in the self test takes one request, tells it in its task, and begins when the machine is started', async () => {
  const machine = onReset();
  const ask = { machine, body: { ...mirror(machine), '@Redfish.OperationApplyTime': 'OnReset' } };
  const first = await bench.redfish('POST', `${storage}/Volumes`, ask);
  expect(first.body).toMatchObject({ TaskState: 'New', Payload: { HttpOperation: 'POST' } });
  expect(JSON.parse(first.body.Payload.JsonBody)).toMatchObject(mirror(machine));
  expect((await bench.redfish('POST', `${storage}/Volumes`, ask)).status).toBe(409);
  expect(machine.raid?.volumes).toEqual([]);

  await bench.redfish('POST', '/redfish/v1/Systems/{id}/Actions/ComputerSystem.Reset', {
    machine,
    body: { ResetType: 'On' },
  });
  expect(await ended(first.headers.get('location'), machine)).toMatchObject({ TaskState: 'Completed' });
  expect(machine.raid?.volumes).toMatchObject([{ raidType: 'RAID1', drives: [0, 1] }]);
});

test('a machine without a RAID controller has one storage, without volumes', async () => {
  const plain = await Bench.start({ hosts: 1 });
  try {
    expect((await plain.redfish('GET', '/redfish/v1/Systems/{id}/Storage')).body['Members@odata.count']).toBe(1);
    expect((await plain.redfish('GET', storage)).status).toBe(404);
    expect((await plain.redfish('GET', `${storage}/Volumes`)).status).toBe(404);
    const own = '/redfish/v1/Systems/{id}/Storage/1/Volumes';
    expect((await plain.redfish('POST', own, { body: mirror() })).status).toBe(404);
  } finally {
    await plain.stop();
  }
});

const image = () => ({
  id: 'tiny',
  urls: [`${bench.fleet.urls.files}/images/tiny.raw`],
  disk_format: 'raw',
  stream_raw_images: true,
  os_hash_algo: 'sha256',
  os_hash_value: '',
});
async function write(hints?: object): Promise<Json> {
  const sums = await (await fetch(`${bench.fleet.urls.files}/images/tiny.raw.sha256sum`)).text();
  const imageInfo = { ...image(), os_hash_value: sums.split(/\s/)[0] };
  const node = { uuid: bench.ironic.nodeUuid, properties: hints === undefined ? {} : { root_device: hints } };
  const step = { step: 'write_image', interface: 'deploy', args: { image_info: imageInfo } };
  return bench.command('deploy.execute_deploy_step', { step, node, ports: [] });
}

test('an image goes to the disk that the hints of the node name, and the machine boots from it', async () => {
  await make();
  await bench.bootAgent();
  const reply = await write({ model: '<in> raid', size: '>= 100' });
  expect(reply).toMatchObject({ command_status: 'SUCCEEDED' });
  expect(JSON.stringify(reply.command_result)).toContain('written to device /dev/sdc');
  const volume = blockDevices(bench.machine).find(({ model }) => model === 'FW-RAID Volume');
  expect([...bench.machine.contents.keys()]).toEqual([volume?.serial]);
  expect(bench.machine.disk?.complete).toBe(true);

  const { headers } = await bench.redfish('DELETE', `${storage}/Volumes/${bench.machine.raid?.volumes[0]?.id}`);
  await ended(headers.get('location'));
  expect(bench.machine.disk).toBeUndefined();
});

test.each([
  ['no hint', undefined, 'sda'],
  ['a name', { name: 's== /dev/sdb' }, 'sdb'],
  ['rotational', { rotational: true }, 'sdb'],
  ['a serial number of several', { serial: '<or> nothing <or> {serial}' }, 'sdb'],
  ['two that fit', { size: '< 1000', rotational: 'false' }, 'sda'],
])('%s leads to /dev/%s', async (_what, hints, device) => {
  await bench.bootAgent();
  const serial = blockDevices(bench.machine)[1]?.serial ?? '';
  const filled = hints && (JSON.parse(JSON.stringify(hints).replace('{serial}', serial)) as object);
  expect(JSON.stringify(await write(filled))).toContain(`written to device /dev/${device} `);
});

test('hints that no disk fits are the end of it, and nothing is written', async () => {
  await bench.bootAgent();
  const reply = await write({ wwn: '0x1' });
  expect(reply).toMatchObject({
    command_status: 'FAILED',
    command_error: { type: 'DeviceNotFound', details: expect.stringContaining('0x1') },
  });
  expect(bench.events('image-write-started')).toEqual([]);
});
