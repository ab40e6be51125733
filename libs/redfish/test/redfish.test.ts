import { afterEach, expect, test } from '@jest/globals';
import { redfishBmcs, type Bmcs, type RedfishSystem } from '../src/index.ts';
import { bmcStub, instantClock, type StubReply, type StubRequest } from './bmc-stub.ts';

const path = '/redfish/v1/Systems/1';
const systemBody = {
  PowerState: 'Off',
  Manufacturer: 'Contoso',
  Boot: { BootSourceOverrideMode: 'UEFI', BootSourceOverrideEnabled: 'Disabled' },
  Actions: {
    '#ComputerSystem.Reset': {
      target: `${path}/Actions/ComputerSystem.Reset`,
      'ResetType@Redfish.AllowableValues': ['On', 'ForceOff'],
    },
  },
  VirtualMedia: { '@odata.id': `${path}/VirtualMedia` },
};
const slot = (inserted: string | null) => ({
  MediaTypes: ['CD', 'DVD'],
  Inserted: inserted !== null,
  Image: inserted,
  Actions: {
    '#VirtualMedia.InsertMedia': { target: `${path}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia` },
    '#VirtualMedia.EjectMedia': { target: `${path}/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia` },
  },
});

let stub: Awaited<ReturnType<typeof bmcStub>>;
let bmcs: Bmcs;
afterEach(async () => {
  await bmcs.close();
  await stub.close();
});

async function machine(
  answer: (request: StubRequest) => StubReply | undefined,
  more: { readonly authType?: 'auto' | 'session' | 'basic' } = {},
): Promise<RedfishSystem> {
  stub = await bmcStub((request) => {
    const special = answer(request);
    if (special !== undefined) return special;
    if (request.path.endsWith('/Sessions')) {
      return { status: 201, headers: { 'x-auth-token': 'secret', location: '/redfish/v1/SessionService/Sessions/1' } };
    }
    if (request.path === path) return { headers: { etag: 'W/"1"' }, body: systemBody };
    if (request.path === `${path}/VirtualMedia`)
      return {
        body: { Members: [{ '@odata.id': `${path}/VirtualMedia/Usb` }, { '@odata.id': `${path}/VirtualMedia/Cd` }] },
      };
    return { status: 204 };
  });
  bmcs = redfishBmcs({ clock: instantClock });
  return bmcs.system({
    origin: stub.origin,
    systemPath: path,
    username: 'admin',
    password: 'secret',
    authType: more.authType ?? 'auto',
    verifyTls: true,
  });
}

test('one session serves all calls, and is deleted in the end', async () => {
  const system = await machine(() => undefined);
  await Promise.all([system.read(), system.read()]);
  await bmcs.close();
  expect(stub.lines()).toEqual([
    'POST /redfish/v1/SessionService/Sessions',
    `GET ${path}`,
    `GET ${path}`,
    'DELETE /redfish/v1/SessionService/Sessions/1',
  ]);
});

test('a session that has lapsed is opened again, and the request is repeated', async () => {
  let lapsed = true;
  const system = await machine(({ method }) => {
    if (method !== 'GET' || !lapsed) return undefined;
    lapsed = false;
    return { status: 401 };
  });
  expect((await system.read()).power).toBe('off');
  expect(stub.lines()).toHaveLength(4);
});

test.each([
  ['without sessions', 404],
  // As sushy-emulator does: whatever it does not know takes the password first.
  ['that lets nobody log in', 401],
])('a BMC %s is spoken to with basic authentication from then on', async (_sentence, status) => {
  const system = await machine(({ path: asked }) =>
    asked.includes('Session') || asked === '/redfish/v1/' ? { status } : undefined,
  );
  await system.read();
  await system.read();
  expect(stub.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('admin:secret').toString('base64')}`);
  expect(stub.lines().filter((line) => line.startsWith('POST'))).toHaveLength(1);
});

test('wrong credentials are an error of class auth that names the request, and no secret', async () => {
  const system = await machine(() => ({ status: 401 }));
  const error: unknown = await system.read().catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    kind: 'auth',
    status: 401,
    message: expect.stringContaining(`GET ${stub.origin}${path}`),
  });
  expect(String(error)).not.toContain('secret');
});

test('a change is sent under the ETag read before; a 412 leads to a fresh one, then its strong form, then none', async () => {
  const tags: (string | undefined)[] = [];
  const system = await machine(({ method, headers }) => {
    if (method !== 'PATCH') return undefined;
    tags.push(headers['if-match']);
    return { status: headers['if-match'] === undefined ? 204 : 412 };
  });
  await system.setBoot({ target: 'Cd', enabled: 'Once' });
  expect(tags).toEqual(['W/"1"', 'W/"1"', '"1"', undefined]);
});

test('a boot device that cannot be continuous is set once, and the caller is told', async () => {
  const system = await machine(({ method, body }) => {
    const enabled = JSON.stringify(body ?? '').includes('Continuous');
    return method === 'PATCH' && enabled ? { status: 400, body: { error: { message: 'no' } } } : undefined;
  });
  expect(await system.setBoot({ target: 'Hdd', enabled: 'Continuous' })).toBe('Once');
});

test('a read is repeated after 503; a change without an answer is not, and says that it is unknown', async () => {
  let busy = 1;
  const system = await machine(({ method }) => {
    if (method === 'GET' && busy > 0) {
      busy -= 1;
      return { status: 503, headers: { 'retry-after': '1' } };
    }
    return method === 'POST' && busy === 0 ? undefined : undefined;
  });
  expect((await system.read()).power).toBe('off');
  await bmcs.close();
  await stub.close();

  const lost = await machine(({ path: asked }) => (asked.endsWith('Reset') ? { hangUp: true } : undefined));
  await expect(lost.reset('On')).rejects.toMatchObject({ kind: 'unknown' });
  expect(stub.lines().filter((line) => line.endsWith('Reset'))).toHaveLength(1);
});

test('asking for the power state that the machine has already succeeds', async () => {
  const body = {
    error: { '@Message.ExtendedInfo': [{ MessageId: 'X.1.0.Y', Message: 'The host is powered on already' }] },
  };
  const system = await machine(({ path: asked }) => (asked.endsWith('Reset') ? { status: 409, body } : undefined));
  await system.reset('On');
});

test('a reset type that the machine does not offer is refused without asking it', async () => {
  const system = await machine(() => undefined);
  await expect(system.reset('GracefulShutdown')).rejects.toMatchObject({ kind: 'unsupported' });
  expect(stub.lines().some((line) => line.endsWith('Reset'))).toBe(false);
});

test('a drive with another image is emptied first; one with the right image is left alone', async () => {
  let image: string | null = 'http://old.iso';
  const system = await machine(({ method, path: asked, body }) => {
    if (asked.endsWith('/Cd') && method === 'GET') return { body: slot(image) };
    if (asked.endsWith('EjectMedia')) image = null;
    if (asked.endsWith('InsertMedia')) image = (body as { Image: string }).Image;
    return undefined;
  });
  await system.insertMedia('CD', 'http://new.iso');
  expect(image).toBe('http://new.iso');
  const before = stub.lines().length;
  await system.insertMedia('CD', 'http://new.iso');
  expect(stub.lines().slice(before)).toEqual([`GET ${path}/VirtualMedia/Cd`]);
  await system.ejectMedia('CD');
  expect(await system.insertedImage('CD')).toBeUndefined();
});

test('where every drive takes everything, a stick goes beside the CD and not in its place', async () => {
  const images: Record<string, string | null> = { 1: null, 2: null };
  const system = await machine(({ method, path: asked, body }) => {
    if (asked.endsWith('/VirtualMedia'))
      return { body: { Members: ['1', '2'].map((id) => ({ '@odata.id': `${path}/VirtualMedia/${id}` })) } };
    const id = /VirtualMedia\/([12])/.exec(asked)?.[1];
    if (id === undefined) return undefined;
    const drive = { ...slot(images[id] ?? null), MediaTypes: ['CD', 'DVD', 'USBStick'] };
    const actions = JSON.parse(JSON.stringify(drive).replaceAll('VirtualMedia/Cd', `VirtualMedia/${id}`)) as object;
    if (method === 'GET') return { body: actions };
    images[id] = asked.endsWith('InsertMedia') ? (body as { Image: string }).Image : null;
    return undefined;
  });
  // The stick first: which drive is whose does not depend on who comes first.
  await system.insertMedia('USBStick', 'http://drive.img');
  await system.insertMedia('CD', 'http://live.iso');
  expect(images).toEqual({ 1: 'http://live.iso', 2: 'http://drive.img' });
  await system.ejectMedia('USBStick');
  expect(images).toEqual({ 1: 'http://live.iso', 2: null });
});

test('a machine with one drive has none for a stick', async () => {
  const system = await machine(({ path: asked }) =>
    asked.endsWith('/Cd') ? { body: { ...slot(null), MediaTypes: ['CD', 'DVD', 'USBStick'] } } : undefined,
  );
  await expect(system.insertMedia('USBStick', 'http://drive.img')).rejects.toMatchObject({ kind: 'unsupported' });
});

test('a BMC that wants to be told the transfer protocol is told', async () => {
  const bodies: unknown[] = [];
  const system = await machine(({ method, path: asked, body }) => {
    if (asked.endsWith('/Cd') && method === 'GET') return { body: slot(null) };
    if (!asked.endsWith('InsertMedia')) return undefined;
    bodies.push(body);
    return JSON.stringify(body).includes('TransferProtocolType')
      ? { status: 204 }
      : { status: 400, body: { error: {} } };
  });
  await system.insertMedia('CD', 'http://new.iso');
  expect(bodies).toEqual([{ Image: 'http://new.iso' }, { Image: 'http://new.iso', TransferProtocolType: 'HTTP' }]);
});

test('a BMC that refuses plain bodies (406) is asked for gzip from then on', async () => {
  const system = await machine(({ headers }) =>
    headers['accept-encoding'] === 'identity'
      ? { status: 406 }
      : { headers: { 'content-encoding': 'identity', 'x-auth-token': 'secret', location: '/s' }, body: systemBody },
  );
  await system.read();
  await system.read();
  const encodings = stub.requests.map(({ headers }) => headers['accept-encoding']);
  expect(encodings).toEqual(['identity', 'gzip', 'gzip', 'gzip']);
});

test('a signal ends a call at once', async () => {
  const system = await machine(() => undefined);
  await expect(system.read({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'aborted' });
});

test('a task monitor that answers with an error is how its operation ended; a BMC that is busy is asked again', async () => {
  const error = {
    error: { '@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.GeneralError', Message: 'no such image' }] },
  };
  const running: StubReply = { status: 202, body: { TaskState: 'Running', PercentComplete: 40 } };
  let looks = 0;
  const system = await machine(({ path: asked }) => {
    if (asked !== '/monitors/1') return undefined;
    looks += 1;
    return looks === 1 ? running : { status: 500, body: error };
  });
  expect(await system.task('/monitors/1')).toMatchObject({ state: 'running', percent: 40 });
  expect(await system.task('/monitors/1')).toMatchObject({
    state: 'failed',
    messages: [expect.stringContaining('no such image')],
  });
  await stub.close();
  await bmcs.close();
  const busy = await machine(({ path: asked }) => (asked === '/monitors/1' ? { status: 503, body: error } : undefined));
  await expect(busy.task('/monitors/1')).rejects.toMatchObject({ name: 'RedfishError', status: 503 });
});

const systemsOf = (...names: readonly string[]): StubReply => ({
  body: { Members: names.map((name) => ({ '@odata.id': `/redfish/v1/Systems/${name}` })) },
});
const bodyOf = (id: string, type = '#ComputerSystem.v1_20_0.ComputerSystem') => ({
  body: { ...systemBody, '@odata.type': type, '@odata.id': `/redfish/v1/${id}` },
});
test.each<[sentence: string, answers: Readonly<Record<string, StubReply>>, said: RegExp]>([
  [
    'a system that the BMC does not have is said with those it has',
    { [path]: { status: 404 }, '/redfish/v1/Systems': systemsOf('a', 'b') },
    /no system \/redfish\/v1\/Systems\/1 .*2 systems: .*\/a, .*\/b; set driver_info.redfish_system_id/,
  ],
  [
    'a BMC that shows an account no systems makes one look at the account',
    { [path]: { status: 404 }, '/redfish/v1/Systems': systemsOf() },
    /driver_info.redfish_username may read systems/,
  ],
  [
    'a BMC that answers for another system is not used',
    { [path]: bodyOf('Systems/2'), '/redfish/v1/Systems': systemsOf('1', '2') },
    /answers for system \/redfish\/v1\/Systems\/2 when asked for .*set driver_info.redfish_system_id/,
  ],
  [
    'a path that leads to something else is no system',
    { [path]: bodyOf('Chassis/1', '#Chassis.v1_2_0.Chassis') },
    /is no system but a #Chassis.*set driver_info.redfish_system_id/,
  ],
])('%s', async (_sentence, answers, said) => {
  const system = await machine((request) => answers[request.path]);
  await expect(system.reset('On')).rejects.toMatchObject({ kind: 'config', message: expect.stringMatching(said) });
});

test('the only system of a BMC may have two names', async () => {
  const answers: Readonly<Record<string, StubReply>> = {
    [path]: bodyOf('Systems/Self'),
    '/redfish/v1/Systems': systemsOf('Self'),
  };
  const system = await machine((request) => answers[request.path]);
  expect(await system.read()).toMatchObject({ power: 'off' });
});

test('what may not start any more is not sent, even where the connection is open already', async () => {
  const system = await machine(() => undefined);
  await system.read();
  const before = stub.lines();
  await expect(system.reset('ForceOff', { mayStart: () => false })).rejects.toMatchObject({ kind: 'aborted' });
  expect(stub.lines()).toEqual(before);
  await system.reset('ForceOff', { mayStart: () => true });
  expect(stub.lines()).toEqual([...before, `POST ${path}/Actions/ComputerSystem.Reset`]);
});
