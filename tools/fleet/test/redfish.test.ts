import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Bench, until, type Json } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ hosts: 2 });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const system = '/redfish/v1/Systems/{id}';
const reset = `${system}/Actions/ComputerSystem.Reset`;
const insert = `${system}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia`;
const eject = `${system}/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia`;

test('every link of every resource leads to a resource with its own @odata.id, type, Id and Name', async () => {
  const seen = new Set<string>();
  const queue = ['/redfish/v1/'];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || path.includes('#')) continue;
    seen.add(path);
    const { status, body } = await bench.redfish('GET', path);
    expect([path, status]).toEqual([path, 200]);
    expect(body).toMatchObject({
      '@odata.id': path,
      '@odata.type': expect.stringMatching(/^#\w+\./),
      Name: expect.any(String),
    });
    const isCollection = 'Members' in body;
    expect([path, isCollection || typeof body.Id === 'string']).toEqual([path, true]);
    if (isCollection) expect(body['Members@odata.count']).toBe(body.Members.length);
    queue.push(...links(body));
  }
  expect(seen.size).toBeGreaterThan(45);
});

test('the service root needs no authentication and everything else does', async () => {
  expect((await fetch(`${bench.fleet.urls.bmc}/redfish/v1/`)).status).toBe(200);
  const refused = await fetch(`${bench.fleet.urls.bmc}/redfish/v1/Systems`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic/);
  expect(await refused.json()).toMatchObject({ error: { code: 'Base.1.18.NoValidSession' } });
});

test('an account sees its own machine and no other', async () => {
  const other = bench.fleet.machine('node-1').identity.uuid;
  const { body } = await bench.redfish('GET', '/redfish/v1/Systems');
  expect(body.Members).toEqual([{ '@odata.id': `/redfish/v1/Systems/${bench.machine.identity.uuid}` }]);
  expect((await bench.redfish('GET', `/redfish/v1/Systems/${other}`)).status).toBe(404);
});

test('a session is opened by POST, used by its token and closed by DELETE', async () => {
  const { username, password } = bench.machine.identity.account;
  const sessions = `${bench.fleet.urls.bmc}/redfish/v1/SessionService/Sessions`;
  const opened = await fetch(sessions, {
    method: 'POST',
    body: JSON.stringify({ UserName: username, Password: password }),
  });
  expect(opened.status).toBe(201);
  const token = opened.headers.get('x-auth-token') ?? '';
  const headers = { 'x-auth-token': token };
  const own = `${bench.fleet.urls.bmc}/redfish/v1/Systems/${bench.machine.identity.uuid}`;
  expect((await fetch(own, { headers })).status).toBe(200);
  const location = `${bench.fleet.urls.bmc}${opened.headers.get('location') ?? ''}`;
  expect((await fetch(location, { method: 'DELETE', headers })).status).toBe(204);
  expect((await fetch(own, { headers })).status).toBe(401);
});

test('wrong credentials open no session', async () => {
  const body = JSON.stringify({ UserName: 'node-0', Password: 'guess' });
  const sessions = `${bench.fleet.urls.bmc}/redfish/v1/SessionService/Sessions`;
  expect((await fetch(sessions, { method: 'POST', body })).status).toBe(401);
});

test('the session table of a BMC is full at sixteen', async () => {
  const { username, password } = bench.fleet.machine('node-1').identity.account;
  const sessions = `${bench.fleet.urls.bmc}/redfish/v1/SessionService/Sessions`;
  const body = JSON.stringify({ UserName: username, Password: password });
  const opened: number[] = [];
  for (let i = 0; i < 17; i++) opened.push((await fetch(sessions, { method: 'POST', body })).status);
  expect(opened.filter((status) => status === 201)).toHaveLength(16);
  expect(opened.at(-1)).toBe(503);
});

test('the same BMC answers over HTTPS with a self-signed certificate', async () => {
  await expect(fetch(`${bench.fleet.urls.bmcTls}/redfish/v1/`)).rejects.toMatchObject({
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  });
});

test('PATCH with the right ETag is accepted, with a stale one it is 412, weak or strong', async () => {
  const first = await bench.redfish('GET', system);
  const tag = first.headers.get('etag') ?? '';
  expect(first.body['@odata.etag']).toBe(tag);
  const body = { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } };
  expect((await bench.redfish('PATCH', system, { body, headers: { 'if-match': `W/${tag}` } })).status).toBe(200);
  const stale = await bench.redfish('PATCH', system, { body, headers: { 'if-match': tag } });
  expect(stale).toMatchObject({ status: 412, body: { error: { code: 'Base.1.18.PreconditionFailed' } } });
  const fresh = (await bench.redfish('GET', system)).headers.get('etag') ?? '';
  expect((await bench.redfish('PATCH', system, { body, headers: { 'if-match': fresh } })).status).toBe(200);
});

test.each<[string, string, string, unknown, number, string]>([
  ['an unknown resource', 'GET', '/redfish/v1/Nothing', undefined, 404, 'ResourceMissingAtURI'],
  ['a verb the resource does not know', 'DELETE', system, undefined, 405, 'OperationNotAllowed'],
  ['a reset without a type', 'POST', reset, {}, 400, 'ActionParameterMissing'],
  ['a reset type of fantasy', 'POST', reset, { ResetType: 'Explode' }, 400, 'ActionParameterValueNotInList'],
  ['a read-only property', 'PATCH', system, { PowerState: 'On' }, 400, 'PropertyNotWritable'],
  ['an unknown property', 'PATCH', system, { Colour: 'red' }, 400, 'PropertyUnknown'],
  [
    'a boot target of fantasy',
    'PATCH',
    system,
    { Boot: { BootSourceOverrideTarget: 'Tape' } },
    400,
    'PropertyValueNotInList',
  ],
  ['a value of another type', 'PATCH', system, { AssetTag: 7 }, 400, 'PropertyValueTypeError'],
  ['a medium without an image', 'POST', insert, {}, 400, 'ActionParameterMissing'],
  ['an unknown parameter of insert', 'POST', insert, { Image: 'http://x/y', Speed: 2 }, 400, 'ActionParameterUnknown'],
])('%s is refused in the words of the Base registry', async (_what, method, path, body, status, message) => {
  const reply = await bench.redfish(method, path, { body });
  expect(reply.status).toBe(status);
  expect(reply.body.error).toMatchObject({
    code: `Base.1.18.${message}`,
    message: expect.any(String),
    '@Message.ExtendedInfo': [
      {
        '@odata.type': expect.stringMatching(/^#Message\./),
        MessageId: `Base.1.18.${message}`,
        Message: expect.any(String),
        MessageArgs: expect.any(Array),
        Severity: expect.stringMatching(/^(Warning|Critical)$/),
        Resolution: expect.any(String),
      },
    ],
  });
});

test('a body that is not JSON is refused', async () => {
  const { account, uuid } = bench.machine.identity;
  const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const url = `${bench.fleet.urls.bmc}${reset.replace('{id}', uuid)}`;
  const reply = await fetch(url, { method: 'POST', headers: { authorization }, body: '{' });
  expect([reply.status, ((await reply.json()) as Json).error.code]).toEqual([400, 'Base.1.18.MalformedJSON']);
});

test('virtual media shows under the system and under its manager, and a full drive has to be ejected first', async () => {
  expect((await bench.redfish('POST', insert, { body: { Image: 'http://127.0.0.1:1/a.iso' } })).status).toBe(204);
  const manager = await bench.redfish('GET', '/redfish/v1/Managers/{id}/VirtualMedia/Cd');
  expect(manager.body).toMatchObject({
    Inserted: true,
    Image: 'http://127.0.0.1:1/a.iso',
    ImageName: 'a.iso',
    ConnectedVia: 'URI',
  });
  expect((await bench.redfish('POST', insert, { body: { Image: 'http://127.0.0.1:1/b.iso' } })).status).toBe(409);
  expect((await bench.redfish('POST', eject, { body: {} })).status).toBe(204);
  expect((await bench.redfish('POST', eject, { body: {} })).status).toBe(204);
  expect((await bench.redfish('GET', `${system}/VirtualMedia/Cd`)).body).toMatchObject({
    Inserted: false,
    Image: null,
  });
  expect(bench.events('media-inserted', 'media-ejected')).toHaveLength(2);
});

test('BIOS settings wait for the next self test', async () => {
  const settings = `${system}/Bios/Settings`;
  expect(
    (await bench.redfish('PATCH', settings, { body: { Attributes: { SriovGlobalEnable: 'Enabled' } } })).status,
  ).toBe(200);
  expect((await bench.redfish('GET', `${system}/Bios`)).body.Attributes.SriovGlobalEnable).toBe('Disabled');
  await bench.redfish('POST', reset, { body: { ResetType: 'On' } });
  await bench.running('stuck');
  expect((await bench.redfish('GET', `${system}/Bios`)).body.Attributes.SriovGlobalEnable).toBe('Enabled');
  expect((await bench.redfish('GET', settings)).body.Attributes).toEqual({});
});

test.each([
  ['an unknown attribute', { Nonsense: 1 }, 'PropertyUnknown'],
  ['a read-only attribute', { SystemServiceTag: 'x' }, 'PropertyNotWritable'],
  ['a value not in the list', { BootMode: 'Maybe' }, 'PropertyValueNotInList'],
  ['a number out of bounds', { BootRetryDelay: 601 }, 'PropertyValueNotInList'],
  ['a text for a number', { BootRetryDelay: '30' }, 'PropertyValueTypeError'],
])('BIOS settings refuse %s', async (_what, attributes, message) => {
  const { status, body } = await bench.redfish('PATCH', `${system}/Bios/Settings`, {
    body: { Attributes: attributes },
  });
  expect([status, body.error.code]).toEqual([400, `Base.1.18.${message}`]);
});

test('Secure Boot is switched by the next start', async () => {
  await bench.redfish('PATCH', `${system}/SecureBoot`, { body: { SecureBootEnable: true } });
  expect((await bench.redfish('GET', `${system}/SecureBoot`)).body.SecureBootCurrentBoot).toBe('Disabled');
  await bench.redfish('POST', reset, { body: { ResetType: 'On' } });
  await bench.running('stuck');
  expect((await bench.redfish('GET', `${system}/SecureBoot`)).body.SecureBootCurrentBoot).toBe('Enabled');
});

test('a graceful shutdown that nobody listens to leaves the machine on', async () => {
  await bench.redfish('POST', reset, { body: { ResetType: 'On' } });
  await bench.running('stuck');
  expect((await bench.redfish('POST', reset, { body: { ResetType: 'GracefulShutdown' } })).status).toBe(204);
  await bench.machine.reset('Nmi', 'test'); // queued behind it
  expect(bench.machine.power).toBe('On');
  await bench.redfish('POST', reset, { body: { ResetType: 'ForceOff' } });
  await bench.running('off');
});

test('SimpleUpdate is a task that ends with another firmware version', async () => {
  const body = {
    ImageURI: `${bench.fleet.urls.files}/images/tiny.raw`,
    Targets: [`/redfish/v1/Systems/${bench.machine.identity.uuid}/Bios`],
  };
  const before = bench.machine.biosVersion;
  const started = await bench.redfish('POST', '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate', { body });
  expect(started.status).toBe(202);
  const monitor = started.headers.get('location') ?? '';
  await until(
    () => bench.events('firmware-updated').length === 1,
    () => 'no update',
  );
  expect((await bench.redfish('GET', monitor)).body).toMatchObject({ TaskState: 'Completed', PercentComplete: 100 });
  expect((await bench.redfish('GET', system)).body.BiosVersion).not.toBe(before);
});

test('new firmware of a network adapter runs from the next power-on on', async () => {
  const adapter = `/redfish/v1/Chassis/${bench.machine.identity.uuid}/NetworkAdapters/NIC.2`;
  const version = async () =>
    (await bench.redfish('GET', adapter)).body.Controllers[0].FirmwarePackageVersion as string;
  const before = await version();
  const installed = bench.events('firmware-updated').length;
  const body = {
    ImageURI: `${bench.fleet.urls.files}/images/tiny.raw`,
    Targets: ['/redfish/v1/UpdateService/FirmwareInventory/Adapter-2'],
  };
  await bench.redfish('POST', '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate', { body });
  await until(
    () => bench.events('firmware-updated').length > installed,
    () => 'no update',
  );
  expect(await version()).toBe(before);
  await bench.machine.reset('ForceOff', 'test');
  await bench.machine.reset('On', 'test');
  expect(await version()).not.toBe(before);
});

test('a subscriber is sent an event when the power changes', async () => {
  const received: Json[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      received.push(JSON.parse(text));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const Destination = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  const subscription = { Destination, EventTypes: ['StatusChange'], Context: 'mine', Protocol: 'Redfish' };
  const made = await bench.redfish('POST', '/redfish/v1/EventService/Subscriptions', { body: subscription });
  expect(made.status).toBe(201);
  await bench.redfish('POST', reset, { body: { ResetType: 'On' } });
  await until(
    () => received.length > 0,
    () => 'no event came',
  );
  expect(received[0]).toMatchObject({ Context: 'mine', Events: [{ EventType: 'StatusChange' }] });
  expect((await bench.redfish('DELETE', made.headers.get('location') ?? '')).status).toBe(204);
  await new Promise((resolve) => server.close(resolve));
});

function links(value: Json, inActions = false): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => links(item, inActions));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Actions' || key === 'Events') return [];
    return key === '@odata.id' ? [String(inner)] : links(inner);
  });
}

test('the lamp of a machine is switched at its system and at its chassis; those of its drives are their own', async () => {
  const chassis = '/redfish/v1/Chassis/{id}';
  const drive = `${system}/Storage/1/Drives/1`;
  expect((await bench.redfish('PATCH', chassis, { body: { IndicatorLED: 'Blinking' } })).status).toBe(200);
  expect((await bench.redfish('GET', system)).body).toMatchObject({ IndicatorLED: 'Blinking' });
  expect((await bench.redfish('PATCH', system, { body: { LocationIndicatorActive: false } })).status).toBe(200);
  expect((await bench.redfish('GET', chassis)).body).toMatchObject({ IndicatorLED: 'Off' });
  expect((await bench.redfish('PATCH', chassis, { body: { IndicatorLED: 'Red' } })).status).toBe(400);
  expect((await bench.redfish('PATCH', drive, { body: { LocationIndicatorActive: true } })).status).toBe(200);
  expect((await bench.redfish('GET', drive)).body).toMatchObject({ LocationIndicatorActive: true });
  expect((await bench.redfish('PATCH', drive, { body: { IndicatorLED: 'Lit' } })).status).toBe(400);
});
