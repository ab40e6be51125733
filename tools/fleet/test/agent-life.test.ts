import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Bench, until, type Json } from './bench.ts';
import { writeIso } from './iso-writer.ts';

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as Json;
const imageSha = (bench: Bench) =>
  fetch(`${bench.fleet.urls.files}/images/tiny.raw`).then(async (r) => sha256(Buffer.from(await r.arrayBuffer())));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const context = { node: { uuid: 'n' }, ports: [] };

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start({ hosts: 2 });
});
afterEach(() => bench.stop());

test('an agent asks for the version, looks its node up by its addresses and then heartbeats, with the headers of the real one', async () => {
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  const heartbeat = await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  expect(bench.ironic.heard.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /',
    'GET /v1/lookup',
    `POST /v1/heartbeat/${bench.ironic.nodeUuid}`,
  ]);
  const [root, lookup] = bench.ironic.heard;
  expect(root?.headers['x-openstack-ironic-api-version']).toBeUndefined();
  expect(lookup?.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/json',
    'x-openstack-ironic-api-version': '1.62',
  });
  expect(lookup?.query.get('addresses')).toBe(bench.machine.identity.macs.join(','));
  expect(heartbeat.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/json',
    'x-openstack-ironic-api-version': '1.68',
  });
});

test('a heartbeat has the fields of the recorded one', async () => {
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  const { body } = await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  expect(Object.keys(body as object).sort()).toEqual(Object.keys(recorded('heartbeat')).sort());
  expect(body).toMatchObject({
    agent_version: recorded('heartbeat').agent_version,
    agent_token: bench.ironic.token,
    callback_url: `${bench.fleet.urls.agents}/agents/${bench.machine.identity.uuid}`,
  });
});

test('an agent told to inspect posts its inventory first, without a version header, in the shape of the recorded one', async () => {
  const collectors = recorded('continue-inspection').configuration.collectors.join(',');
  const line = bench.agentLine(
    `ipa-inspection-callback-url=${bench.ironic.url}/v1/continue_inspection ipa-inspection-collectors=${collectors} BOOTIF=01-${bench.machine.identity.macs[0].replaceAll(':', '-')}`,
  );
  await bench.bootFromIso(bench.publishIso(line));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  const [post, , lookup] = bench.ironic.heard;
  expect(post?.path).toBe('/v1/continue_inspection');
  expect(post?.headers['x-openstack-ironic-api-version']).toBeUndefined();
  expect(lookup?.query.get('node_uuid')).toBe(bench.ironic.nodeUuid);
  const [sent, expected] = [post?.body as Json, recorded('continue-inspection')];
  expected.numa_topology.nics = sent.numa_topology.nics; // the recorded virtual machine had none
  expect(Object.keys(sent)).toEqual(Object.keys(expected));
  expect(shape(sent)).toEqual(shape(expected));
});

test('an agent told to listen to the switches says what it heard from the one its cable leads to', async () => {
  const callback = `ipa-inspection-callback-url=${bench.ironic.url}/v1/continue_inspection`;
  await bench.bootFromIso(bench.publishIso(bench.agentLine(`${callback} ipa-collect-lldp=1`)));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  const { inventory } = bench.ironic.heard[0]?.body as { inventory: { interfaces: { lldp: unknown }[] } };
  expect(inventory.interfaces.map(({ lldp }) => lldp)).toEqual([
    expect.arrayContaining([[5, Buffer.from('leaf-1-1').toString('hex')]]),
    null,
  ]);
});

test.each([
  ['GET /', 'GET', '/'],
  ['GET commands no token', 'GET', '/v1/commands/'],
  ['GET commands bad token', 'GET', '/v1/commands/?agent_token=wrong'],
  ['GET commands', 'GET', '/v1/commands/?agent_token={token}'],
])('%s is answered as recorded', async (name, method, path) => {
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  const reply = await bench.agent(method, path.replace('{token}', bench.ironic.token));
  const expected = recorded('commands')[name];
  const base = `${bench.fleet.urls.agents}/agents/${bench.machine.identity.uuid}`;
  const normal = JSON.parse(JSON.stringify(expected.body).replaceAll('https://172.22.0.58:9999', base)) as Json;
  expect(reply).toEqual({ status: expected.status, body: normal });
});

test.each([
  ['get_clean_steps', 'clean.get_clean_steps', context],
  ['get_deploy_steps', 'deploy.get_deploy_steps', context],
])('%s offers the recorded steps', async (name, command, params) => {
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  expect(await bench.command(command, params)).toEqual({
    ...recorded('commands')[name].body,
    id: expect.any(String) as unknown,
  });
});

test('from power-on to a running operating system: erase, write, config drive, power off, boot from disk', async () => {
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  const erase = { step: 'erase_devices_metadata', interface: 'deploy', priority: 10 };
  expect(await bench.command('clean.execute_clean_step', { step: erase, ...context })).toEqual({
    ...recorded('commands').erase_devices_metadata.body,
    id: expect.any(String) as unknown,
  });
  const drive = writeIso({
    label: 'config-2',
    boot: [],
    files: { '/openstack/latest/meta_data.json': '{"name":"node-0"}' },
  });
  const digest = await imageSha(bench);
  const image = {
    id: 'tiny.raw',
    urls: [`${bench.fleet.urls.files}/images/tiny.raw`],
    os_hash_algo: 'sha256',
    os_hash_value: digest,
    disk_format: 'raw',
    stream_raw_images: true,
  };
  const step = {
    step: 'write_image',
    interface: 'deploy',
    priority: 80,
    args: { image_info: image, configdrive: gzipSync(drive).toString('base64') },
  };
  const written = await bench.command('deploy.execute_deploy_step', { step, ...context });
  expect(written).toEqual({
    ...recorded('commands')['write_image raw'].body,
    id: expect.any(String) as unknown,
    command_result: {
      deploy_result: { result: 'prepare_image: image (tiny.raw) written to device /dev/sda root_uuid=0x00000000' },
      deploy_step: step,
    },
  });
  expect(await bench.command('standby.get_partition_uuids', {})).toMatchObject({
    command_result: { 'root uuid': '0x00000000' },
  });
  expect(await bench.command('standby.sync', {})).toMatchObject({ command_status: 'SUCCEEDED', command_result: null });
  await bench.command('standby.power_off', {});
  await bench.running('off');
  await bench.redfish('POST', '/redfish/v1/Systems/{id}/Actions/ComputerSystem.Reset', { body: { ResetType: 'On' } });
  await bench.running('os');
  const shown = (await (await fetch(`${bench.fleet.urls.control}/machines/node-0`)).json()) as Json;
  expect(shown.running).toMatchObject({
    kind: 'os',
    from: 'disk',
    imageSha256: digest,
    configDriveSha256: sha256(drive),
  });
  expect(shown.configDrive).toEqual({
    label: 'config-2',
    files: { '/openstack/latest/meta_data.json': '{"name":"node-0"}' },
  });
  expect(
    bench
      .events()
      .map(({ event }) => event)
      .filter((event) => !event.startsWith('command')),
  ).toEqual([
    'media-inserted',
    'boot-override',
    'power',
    'boot',
    'agent-started',
    'lookup',
    'disk-erased',
    'image-write-started',
    'image-write-finished',
    'power',
    'agent-stopped',
    'power',
    'boot',
    'os-started',
  ]);
});

test('an asynchronous command is RUNNING at first, makes the agent busy and forces a heartbeat when it ends', async () => {
  bench.fleet.world.faults.add({ kind: 'agent.hangs', command: 'erase_devices', times: 1 });
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  const quick = { step: { step: 'erase_pstore', interface: 'deploy', priority: 0 }, ...context };
  await bench.command('clean.execute_clean_step', quick);
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`, 2);
  const hanging = { name: 'clean.execute_clean_step', params: { step: { step: 'erase_devices' }, ...context } };
  const started = await bench.agent('POST', `/v1/commands/?agent_token=${bench.ironic.token}`, hanging);
  expect(started).toEqual({
    ...recorded('commands')['busy check: erase async'],
    body: { ...recorded('commands')['busy check: erase async'].body, id: expect.any(String) as unknown },
  });
  const second = await bench.agent('POST', `/v1/commands/?agent_token=${bench.ironic.token}`, hanging);
  expect(second).toEqual(recorded('commands')['second command while busy']);
});

test('an agent without a token of its own that is shown a masked one takes itself off the network', async () => {
  bench.ironic.token = '******';
  await bench.bootFromIso(bench.publishIso(`ipa-api-url=${bench.ironic.url}`));
  await until(
    () => bench.events('agent-stopped').length > 0,
    () => 'the agent still runs',
  );
  expect(bench.events('agent-stopped')[0]?.detail).toEqual({ reason: 'locked-out' });
  await expect(bench.agent('GET', '/')).rejects.toThrow();
});

test('an agent keeps the token of its kernel line when look-up masks it', async () => {
  const pregenerated = 'p'.repeat(43);
  bench.ironic.token = '******';
  await bench.bootFromIso(bench.publishIso(`ipa-api-url=${bench.ironic.url} ipa-agent-token=${pregenerated}`));
  const { body } = await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`);
  expect((body as Json).agent_token).toBe(pregenerated);
});

test('a heartbeat that meets a lock is sent again', async () => {
  let refusals = 2;
  bench.ironic.answer = ({ path }) => (path.startsWith('/v1/heartbeat/') && refusals-- > 0 ? 409 : undefined);
  await bench.bootFromIso(bench.publishIso(bench.agentLine()));
  await bench.ironic.hear(`/v1/heartbeat/${bench.ironic.nodeUuid}`, 3);
  expect(bench.events('heartbeat-refused')).toHaveLength(2);
});

test('a custom deploy step is offered when asked for and leaves a disk that boots', async () => {
  const own = await Bench.start({ hosts: 1, customDeploySteps: ['install_mine'] });
  try {
    await own.bootAgent();
    const { command_result: offered } = await own.command('deploy.get_deploy_steps', context);
    expect(offered.deploy_steps.CustomHardwareManager).toEqual([
      { step: 'install_mine', priority: 0, interface: 'deploy', reboot_requested: false },
    ]);
    const step = { step: 'install_mine', interface: 'deploy', priority: 80 };
    expect(await own.command('deploy.execute_deploy_step', { step, ...context })).toMatchObject({
      command_status: 'SUCCEEDED',
      command_result: { deploy_result: null, deploy_step: step },
    });
    await own.machine.reset('ForceRestart', 'test');
    await own.running('os');
  } finally {
    await own.stop();
  }
});

test('agents with listeners of their own have a new address and certificate at each start, and none when off', async () => {
  const own = await Bench.start({ hosts: 1, agentListeners: 'each' });
  try {
    const seen: Json[] = [];
    for (let start = 0; start < 2; start++) {
      await own.redfish('POST', '/redfish/v1/Systems/{id}/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia', {
        body: {},
      });
      await own.bootAgent();
      seen.push(own.ironic.heard.at(-1)?.body);
      expect(new URL(seen[start].callback_url).pathname).toBe('/');
      expect((await own.agent('GET', '/v1/status')).status).toBe(200);
      await own.machine.reset('ForceOff', 'test');
      await expect(own.agent('GET', '/v1/status')).rejects.toThrow('ECONNREFUSED');
    }
    expect(seen[0].agent_verify_ca).not.toBe(seen[1].agent_verify_ca);
    expect(seen[0].callback_url).not.toBe(seen[1].callback_url);
  } finally {
    await own.stop();
  }
});

/** The keys of a value at all depths, with lists reduced to their first item and leaves to nothing. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 && typeof value[0] === 'object' ? [shape(value[0])] : [];
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}
