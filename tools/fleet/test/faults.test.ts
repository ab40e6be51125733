import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { faultKinds, type Fault } from '../src/index.ts';
import { Bench, until, type Json } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ hosts: 2 });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const system = '/redfish/v1/Systems/{id}';
const reset = `${system}/Actions/ComputerSystem.Reset`;
const arm = (fault: Omit<Fault, 'id'>) => bench.fleet.world.faults.add(fault);
const status = async () => (await bench.redfish('GET', system)).status;

test('a status strikes so many times and no more, and only on its machine', async () => {
  arm({ kind: 'bmc.status', machine: 'node-0', status: 503, times: 2 });
  const other = await bench.redfish('GET', system, { machine: bench.fleet.machine('node-1') });
  expect(other.status).toBe(200);
  expect([await status(), await status(), await status()]).toEqual([503, 503, 200]);
  expect(bench.events('fault').map(({ machine }) => machine)).toEqual(['node-0', 'node-0']);
});

test('skip lets occasions pass, path and method choose them', async () => {
  arm({ kind: 'bmc.status', path: 'Bios$', method: 'GET', skip: 1, times: 1, status: 500 });
  expect(await status()).toBe(200);
  const bios = async () => (await bench.redfish('GET', `${system}/Bios`)).status;
  expect([await bios(), await bios(), await bios()]).toEqual([200, 500, 200]);
});

test('a lost response has had its effect; a refused connection has not', async () => {
  arm({ kind: 'bmc.lost-response', method: 'POST', times: 1 });
  await expect(bench.redfish('POST', reset, { body: { ResetType: 'On' } })).rejects.toThrow();
  await until(
    () => bench.machine.power === 'On',
    () => 'still off',
  );
  arm({ kind: 'bmc.refused', method: 'POST', times: 1 });
  await expect(bench.redfish('POST', reset, { body: { ResetType: 'ForceOff' } })).rejects.toThrow();
  await bench.machine.reset('Nmi', 'test');
  expect(bench.machine.power).toBe('On');
});

test('a stale ETag is 412 to a conditional PATCH only', async () => {
  arm({ kind: 'bmc.stale-etag', times: 1 });
  const body = { AssetTag: 'a' };
  const { headers } = await bench.redfish('GET', system);
  const conditional = { 'if-match': headers.get('etag') ?? '' };
  expect((await bench.redfish('PATCH', system, { body })).status).toBe(200);
  expect((await bench.redfish('PATCH', system, { body, headers: conditional })).status).toBe(412);
});

test('an expired session has to be opened again', async () => {
  const { username, password } = bench.machine.identity.account;
  const sessions = `${bench.fleet.urls.bmc}/redfish/v1/SessionService/Sessions`;
  const opened = await fetch(sessions, {
    method: 'POST',
    body: JSON.stringify({ UserName: username, Password: password }),
  });
  const headers = { 'x-auth-token': opened.headers.get('x-auth-token') ?? '' };
  const own = `${bench.fleet.urls.bmc}/redfish/v1/Systems/${bench.machine.identity.uuid}`;
  arm({ kind: 'bmc.expired-session', times: 1 });
  const answers = [];
  for (let i = 0; i < 2; i++) answers.push((await fetch(own, { headers })).status);
  expect(answers).toEqual([401, 401]);
});

test('wrong credentials last until the fault is cleared', async () => {
  const [fault] = arm({ kind: 'bmc.wrong-credentials', machine: '/node-0/' });
  expect([await status(), await status()]).toEqual([401, 401]);
  expect(bench.fleet.world.faults.clear(fault?.id)).toBe(1);
  expect(await status()).toBe(200);
});

test('a refused power change changes nothing and is in the ledger', async () => {
  arm({ kind: 'bmc.power-refused', times: 2 });
  const attempt = async () => (await bench.redfish('POST', reset, { body: { ResetType: 'On' } })).status;
  expect([await attempt(), await attempt(), await attempt()]).toEqual([409, 409, 204]);
  await until(
    () => bench.machine.power === 'On',
    () => 'still off',
  );
  expect(bench.events('power-refused')).toHaveLength(2);
});

test('an agent that never starts calls nobody', async () => {
  arm({ kind: 'agent.never-starts', times: 1 });
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.running('stuck');
  expect(bench.ironic.heard).toEqual([]);
});

const image = async (format = 'raw') => {
  const url = `${bench.fleet.urls.files}/images/tiny.${format}`;
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { id: `tiny.${format}`, urls: [url], os_hash_algo: 'sha256', os_hash_value: sha256, disk_format: format };
};

const write = async (image_info: unknown): Promise<Json> => {
  await bench.bootAgent();
  const step = { step: 'write_image', interface: 'deploy', priority: 80, args: { image_info } };
  return bench.command('deploy.execute_deploy_step', { step, node: {}, ports: [] });
};

test('an agent that dies in the middle of a write answers no more and leaves a failed write', async () => {
  arm({ kind: 'agent.dies', command: 'write_image', at: 0.3, times: 1 });
  await expect(write(await image())).rejects.toThrow();
  expect(bench.events('image-write-started', 'image-write-failed').map(({ event }) => event)).toEqual([
    'image-write-started',
    'image-write-failed',
  ]);
  expect(bench.events('agent-stopped')[0]?.detail).toEqual({ reason: 'dead' });
  expect(bench.machine.power).toBe('On');
});

test('a step can be made to fail with a message of choice', async () => {
  arm({ kind: 'agent.step-fails', command: 'write_image', message: 'the disk is on fire', times: 1 });
  expect(await write(await image())).toMatchObject({
    command_status: 'FAILED',
    command_error: {
      type: 'DeploymentError',
      code: 500,
      message: 'Deploy step failed',
      details: expect.stringContaining('the disk is on fire'),
    },
  });
});

test('an image that is not there fails the write at once, naming URL and status', async () => {
  const info = await image();
  arm({ kind: 'image.status', path: 'tiny.raw$', status: 404 });
  const result = await write(info);
  expect(result).toMatchObject({
    command_status: 'FAILED',
    command_error: {
      type: 'ImageDownloadFatalError',
      message: 'Error downloading image',
      details: expect.stringContaining(`404 from ${info.urls[0]}`),
    },
  });
  expect(bench.events('image-write-started')).toHaveLength(1);
});

test('a wrong checksum fails after ten downloads, naming both sums', async () => {
  const wrong = 'f'.repeat(64);
  const result = await write({ ...(await image()), os_hash_value: wrong });
  expect(result.command_error).toMatchObject({ type: 'ImageChecksumError', details: expect.stringContaining(wrong) });
  expect(bench.events('fault').filter(({ detail }) => detail['during'] === 'image download')).toHaveLength(9);
});

test.each(['image.truncated', 'image.corrupt', 'image.status'] as const)(
  '%s that ends is survived by another download',
  async (kind) => {
    const info = await image();
    arm({ kind, path: 'tiny.raw$', status: 503, times: 1 });
    expect(await write(info)).toMatchObject({ command_status: 'SUCCEEDED' });
  },
);

test('a qcow2 image is looked into; one declared raw is refused', async () => {
  expect(await write(await image('qcow2'))).toMatchObject({ command_status: 'SUCCEEDED' });
  const raw = Buffer.from(await (await fetch(`${bench.fleet.urls.files}/images/tiny.raw`)).arrayBuffer());
  expect(bench.machine.disk?.image).toMatchObject({
    format: 'qcow2',
    virtualSize: bench.fleet.options.imageSize,
    diskSha256: createHash('sha256').update(raw).digest('hex'),
    head: raw.subarray(0, 1024),
  });
  const lie = { ...(await image('qcow2')), disk_format: 'raw' };
  const step = { step: 'write_image', args: { image_info: lie } };
  expect(await bench.command('deploy.execute_deploy_step', { step, node: {}, ports: [] })).toMatchObject({
    command_error: { type: 'InvalidImage' },
  });
});

test.each(['md5', 'sha256', 'sha512'])(
  'a %s checksum may be given as the URL of a checksum file',
  async (algorithm) => {
    const { id, urls, disk_format } = await image();
    expect(await write({ id, urls, disk_format, checksum: `${urls[0]}.${algorithm}sum` })).toMatchObject({
      command_status: 'SUCCEEDED',
    });
  },
);

test('TLS handshakes break off while the fault lasts', async () => {
  const [fault] = arm({ kind: 'bmc.tls-error' });
  const attempt = () =>
    fetch(`${bench.fleet.urls.bmcTls}/redfish/v1/`).catch((error: Json) => error.cause.code as string);
  expect(await attempt()).toBe('ECONNRESET');
  bench.fleet.world.faults.clear(fault?.id);
  expect(await attempt()).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
});

test('another version of the hardware managers is a version mismatch', async () => {
  await bench.bootAgent();
  const params = {
    step: { step: 'erase_devices_metadata' },
    node: {},
    ports: [],
    clean_version: { generic_hardware_manager: '1.1' },
  };
  expect(await bench.command('clean.execute_clean_step', params)).toMatchObject({
    command_status: 'CLEAN_VERSION_MISMATCH',
    command_error: { type: 'VersionMismatch', code: 409 },
    command_result: null,
  });
});

test.each<[string, unknown, RegExp]>([
  ['an unknown kind', { kind: 'bmc.melts' }, /kind must be one of bmc\.status, /],
  ['an unknown field', { kind: 'bmc.status', often: 3 }, /there is no field "often"/],
  ['a number that is none', { kind: 'bmc.status', times: 'twice' }, /times must be a number/],
  ['a broken expression', { kind: 'bmc.status', machine: '/(/' }, /machine is no regular expression/],
  ['no object', 7, /an object with at least "kind"/],
])('a fault with %s is refused, naming what is wrong', async (_what, fault, message) => {
  const reply = await fetch(`${bench.fleet.urls.control}/faults`, { method: 'POST', body: JSON.stringify(fault) });
  expect(reply.status).toBe(400);
  expect(((await reply.json()) as Json).error).toMatch(message);
});

test('faults are listed with their strikes, cleared by id, and explained', async () => {
  const control = `${bench.fleet.urls.control}/faults`;
  await fetch(control, {
    method: 'POST',
    body: JSON.stringify([
      { id: 'a', kind: 'bmc.status', times: 1 },
      { id: 'b', kind: 'bmc.slow', machine: 'node-1' },
    ]),
  });
  await status();
  const listed = ((await (await fetch(control)).json()) as Json).faults;
  expect(listed).toEqual([
    { id: 'a', kind: 'bmc.status', times: 1, struck: 1, active: false },
    expect.objectContaining({ id: 'b', active: true }),
  ]);
  expect(await (await fetch(`${control}/b`, { method: 'DELETE' })).json()).toEqual({ cleared: 1 });
  expect(((await (await fetch(bench.fleet.urls.control)).json()) as Json).faultKinds).toEqual(faultKinds);
});
