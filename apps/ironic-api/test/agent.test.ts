import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeEvent } from '@metal3/node';
import { agentRateLimit } from '../src/agent/rate-limit.ts';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

interface Introduction {
  readonly node: { readonly uuid: string; readonly driver_internal_info: Readonly<Record<string, unknown>> };
  readonly config: { readonly agent_token: string; readonly heartbeat_timeout: number };
}

const callback = { callback_url: 'https://192.0.2.7:9999', agent_version: '13.0.0' };
let stage: Stage;
let api: Caller;
let addresses = 0;

beforeAll(async () => {
  stage = await openStage({ settings: { fastTrack: false } });
  api = call(stage.rest);
});
afterAll(() => stage.close());

/** A node with a port, brought to a state by events. */
async function nodeAfter(...events: readonly NodeEvent[]): Promise<{ uuid: string; mac: string }> {
  const mac = `52:54:00:00:00:${(++addresses).toString(16).padStart(2, '0')}`;
  const { body } = await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware' });
  await api.post('/v1/ports', { node_uuid: body.uuid, address: mac });
  for (const event of events) await stage.store.nodes.change(body.uuid, () => ({ event }));
  return { uuid: body.uuid, mac };
}
const toCleanWait = ['manage', 'done', 'provide', 'wait'] as const;
const toInspectWait = ['manage', 'done', 'inspect', 'wait'] as const;
const work = async (uuid: string) => stage.store.work.find(uuid);

describe('lookup', () => {
  test('gives the token of this boot once, and never again', async () => {
    const { uuid, mac } = await nodeAfter(...toCleanWait);
    const first = await api.get<Introduction>(`/v1/lookup?addresses=${mac.toUpperCase()},zz`, { version: '1.68' });
    expect(first).toMatchObject({ status: 200, body: { node: { uuid }, config: { heartbeat_timeout: 300 } } });
    expect(first.body.config.agent_token).toHaveLength(43);
    const second = await api.get<Introduction>(`/v1/lookup?node_uuid=${uuid}`, { version: '1.68' });
    expect(second.body.config.agent_token).toBe('******');
    expect(second.body.node.driver_internal_info).toMatchObject({ agent_secret_token: '******' });
  });

  test('answers "wrong state" and "no such node" alike', async () => {
    const { mac } = await nodeAfter('manage', 'done');
    const wrongState = await api.get(`/v1/lookup?addresses=${mac}`);
    const absent = await api.get('/v1/lookup?addresses=52:54:00:ff:ff:ff');
    expect(wrongState).toMatchObject({ status: 404, fault: 'Resource could not be found.' });
    expect(wrongState.body).toEqual(absent.body);
  });

  test('addresses of two nodes find none', async () => {
    const one = await nodeAfter(...toCleanWait);
    const other = await nodeAfter(...toCleanWait);
    expect(await api.get(`/v1/lookup?addresses=${one.mac},${other.mac}`)).toMatchObject({ status: 404 });
  });
});

describe('heartbeat', () => {
  test('is stored, and the node is awake, before the 202', async () => {
    const { uuid } = await nodeAfter(...toCleanWait);
    const { body } = await api.get<Introduction>(`/v1/lookup?node_uuid=${uuid}`);
    const before = await work(uuid);
    const said = { ...callback, agent_token: body.config.agent_token };
    expect(await api.post('/v1/heartbeat', { ...said, node_ident: uuid, agent_token: 'x' })).toMatchObject({
      status: 400,
      fault: 'Invalid or missing agent token received.',
    });
    const reply = await api.post(`/v1/heartbeat/${uuid}`, said);
    expect(reply).toMatchObject({ status: 202, body: undefined });
    expect((await work(uuid))?.wakeSeq).toBe((before?.wakeSeq ?? 0) + 1);
    const { body: node } = await api.get<{ driver_internal_info: object }>(`/v1/nodes/${uuid}`);
    expect(node.driver_internal_info).toMatchObject({ agent_url: callback.callback_url, agent_version: '13.0.0' });
  });

  test("that changes nothing visible writes no line of the node's timeline", async () => {
    const { uuid } = await nodeAfter(...toCleanWait);
    const { body } = await api.get<Introduction>(`/v1/lookup?node_uuid=${uuid}`);
    const beat = { ...callback, agent_token: body.config.agent_token };
    await api.post(`/v1/heartbeat/${uuid}`, beat);
    const { seq } = await stage.store.changes.head();
    expect(await api.post(`/v1/heartbeat/${uuid}`, beat)).toMatchObject({ status: 202 });
    expect((await stage.store.changes.head()).seq).toBe(seq);
  });

  test('with a wrong token changes nothing', async () => {
    const { uuid } = await nodeAfter(...toCleanWait);
    await api.get(`/v1/lookup?node_uuid=${uuid}`);
    const refused = await api.post(`/v1/heartbeat/${uuid}`, { ...callback, agent_token: 'x'.repeat(43) });
    expect(refused).toMatchObject({ status: 400, fault: expect.stringContaining('token') });
    expect((await stage.store.nodes.get(uuid)).agent?.url ?? null).toBeNull();
  });
});

describe('continue_inspection', () => {
  const report = (mac: string, bmc?: string) => ({
    inventory: { interfaces: [{ name: 'eth0', mac_address: mac }], ...(bmc === undefined ? {} : { bmc_address: bmc }) },
    configuration: { collectors: ['default'] },
  });

  test('without a version, as agents send it, keeps the data for the conductor and answers with the UUID', async () => {
    const { uuid, mac } = await nodeAfter(...toInspectWait);
    const before = await work(uuid);
    expect(await api.post('/v1/continue_inspection', report(mac), { version: '' })).toMatchObject({
      status: 202,
      body: { uuid },
    });
    const kept = await stage.store.blobs.get(uuid, 'inspection-data');
    expect(JSON.parse(kept?.toString() ?? '{}')).toEqual(report(mac));
    expect((await work(uuid))?.wakeSeq).toBe((before?.wakeSeq ?? 0) + 1);
  });

  test('from 1.84 on answers like a lookup, with the token', async () => {
    const { uuid, mac } = await nodeAfter(...toInspectWait);
    const reply = await api.post<Introduction>(`/v1/continue_inspection?node_uuid=${uuid}`, report(mac), {
      version: '1.84',
    });
    expect(reply).toMatchObject({
      status: 202,
      body: { node: { uuid }, config: { agent_token: expect.stringMatching(/^.{43}$/) } },
    });
  });

  test('is not there in the versions between', async () => {
    expect(await api.post('/v1/continue_inspection', report('52:54:00:00:00:01'), { version: '1.50' })).toMatchObject({
      status: 404,
    });
  });

  test('for a node that is not being inspected finds nothing', async () => {
    const { mac } = await nodeAfter('manage', 'done');
    expect(await api.post('/v1/continue_inspection', report(mac), { version: '' })).toMatchObject({ status: 404 });
  });

  test('from a machine with another BMC finds nothing', async () => {
    const { uuid, mac } = await nodeAfter(...toInspectWait);
    await stage.store.nodes.change(uuid, () => ({
      patch: { driverInternalInfo: { lookup_bmc_addresses: ['192.0.2.10'] } },
    }));
    expect(await api.post('/v1/continue_inspection', report(mac, '192.0.2.11'), { version: '' })).toMatchObject({
      status: 404,
    });
    expect(await api.post('/v1/continue_inspection', report(mac, '192.0.2.10'), { version: '' })).toMatchObject({
      status: 202,
    });
  });
});

test('a caller that asks too often is told to slow down, and let in again a moment later', () => {
  let now = 0;
  const admit = agentRateLimit(10, () => now);
  for (let request = 0; request < 20; request += 1) admit('192.0.2.1');
  expect(() => admit('192.0.2.1')).toThrow('Too many requests');
  expect(() => admit('192.0.2.2')).not.toThrow();
  now += 200;
  expect(() => admit('192.0.2.1')).not.toThrow();
});
