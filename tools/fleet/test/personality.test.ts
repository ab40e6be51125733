import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { personalities, type PersonalityName } from '../src/machine/personality.ts';
import { Bench, type Json } from './bench.ts';

const names = Object.keys(personalities) as PersonalityName[];
const system = '/redfish/v1/Systems/{id}';
const cd = '/redfish/v1/Managers/{id}/VirtualMedia/Cd';
const insert = `${cd}/Actions/VirtualMedia.InsertMedia`;
const eject = `${cd}/Actions/VirtualMedia.EjectMedia`;
const Image = 'http://127.0.0.1:1/x.iso';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ hosts: names.length, personalities: names });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const ask = (
  name: PersonalityName,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => bench.redfish(method, path, { machine: bench.fleet.machine(`node-${names.indexOf(name)}`), body, headers });
const patchBoot = async (name: PersonalityName, Boot: unknown) => (await ask(name, 'PATCH', system, { Boot })).status;

test('each machine names its vendor; the service root of a mixed fleet names none', async () => {
  for (const name of names) expect((await ask(name, 'GET', system)).body.Manufacturer).toBe(personalities[name].vendor);
  const root = (await (await fetch(`${bench.fleet.urls.bmc}/redfish/v1/`)).json()) as Json;
  expect(root.Vendor).toBeUndefined();
});

test('Supermicro takes no more than an image, offers the virtual CD as UsbCd and forgets an override that is not enabled', async () => {
  expect((await ask('supermicro', 'POST', insert, { Image, Inserted: true, WriteProtected: true })).status).toBe(400);
  expect((await ask('supermicro', 'POST', insert, { Image })).status).toBe(204);
  expect(await patchBoot('supermicro', { BootSourceOverrideTarget: 'UsbCd', BootSourceOverrideEnabled: 'Once' })).toBe(
    200,
  );
  expect(await patchBoot('generic', { BootSourceOverrideTarget: 'UsbCd' })).toBe(400);
  expect(await patchBoot('supermicro', { BootSourceOverrideTarget: 'Pxe' })).toBe(200);
  expect((await ask('supermicro', 'GET', system)).body.Boot.BootSourceOverrideEnabled).toBe('Disabled');
});

test('AMI needs target, enabled and mode in one PATCH', async () => {
  const two = { BootSourceOverrideTarget: 'Cd', BootSourceOverrideEnabled: 'Once' };
  expect(await patchBoot('ami', two)).toBe(400);
  expect(await patchBoot('ami', { ...two, BootSourceOverrideMode: 'UEFI' })).toBe(200);
});

test('HPE ejects with an object only, gives weak tags and takes strong ones, and refuses identity encoding', async () => {
  expect((await ask('hpe', 'POST', eject)).status).toBe(400);
  expect((await ask('hpe', 'POST', eject, {})).status).toBe(204);
  const tag = (await ask('hpe', 'GET', system)).headers.get('etag') ?? '';
  expect(tag).toMatch(/^W\//);
  expect((await ask('hpe', 'PATCH', system, { AssetTag: 'a' }, { 'if-match': tag })).status).toBe(412);
  expect((await ask('hpe', 'PATCH', system, { AssetTag: 'a' }, { 'if-match': tag.slice(2) })).status).toBe(200);
  expect((await ask('hpe', 'GET', system, undefined, { 'accept-encoding': 'identity' })).status).toBe(406);
});

test('HPE keeps the boot override during the self test', async () => {
  const slow = await Bench.start({ hosts: 1, timeScale: 10, personalities: ['hpe'] });
  try {
    slow.machine.power = 'On';
    slow.machine.running = { kind: 'booting', phase: 'firmware' };
    const { status, body } = await slow.redfish('PATCH', system, {
      body: { Boot: { BootSourceOverrideTarget: 'Pxe' } },
    });
    expect([status, body.error.code]).toEqual([400, 'iLO.2.14.UnableToModifyDuringSystemPOST']);
  } finally {
    await slow.stop();
  }
});

test('Lenovo inserts and ejects by PATCH', async () => {
  expect((await ask('lenovo', 'GET', cd)).body.Actions).toBeUndefined();
  expect((await ask('lenovo', 'POST', insert, { Image })).status).toBe(404);
  expect((await ask('lenovo', 'PATCH', cd, { Image })).status).toBe(400);
  expect((await ask('lenovo', 'PATCH', cd, { Image, Inserted: true, WriteProtected: true })).body).toMatchObject({
    Image,
    Inserted: true,
  });
  expect((await ask('lenovo', 'PATCH', cd, { Image: null, Inserted: false })).body).toMatchObject({
    Image: null,
    Inserted: false,
  });
});

test('NVIDIA wants credentials, whatever they are', async () => {
  expect((await ask('nvidia', 'POST', insert, { Image })).status).toBe(400);
  expect((await ask('nvidia', 'POST', insert, { Image, UserName: 'none', Password: 'none' })).status).toBe(204);
});

test('a cautious BMC refuses a continuous override', async () => {
  const override = { BootSourceOverrideTarget: 'Hdd', BootSourceOverrideEnabled: 'Continuous' };
  expect(await patchBoot('cautious', override)).toBe(400);
  expect(await patchBoot('cautious', { ...override, BootSourceOverrideEnabled: 'Once' })).toBe(200);
});

test('drives that show under the manager only are not below the system', async () => {
  expect((await ask('hpe', 'GET', `${system}/VirtualMedia`)).status).toBe(404);
  expect((await ask('hpe', 'GET', system)).body.VirtualMedia).toBeUndefined();
  expect((await ask('hpe', 'GET', '/redfish/v1/Managers/{id}/VirtualMedia')).status).toBe(200);
});
