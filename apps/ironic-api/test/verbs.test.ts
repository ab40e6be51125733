import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { NodeEvent } from '@metal3/node';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
let uuid: string;

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
});
afterAll(() => stage.close());
beforeEach(async () => {
  uuid = (await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware', deploy_interface: 'fake' })).body
    .uuid;
});

const after = async (...events: readonly NodeEvent[]) => {
  for (const event of events) await stage.store.nodes.change(uuid, () => ({ event }));
};
const toAvailable = ['manage', 'done', 'provide', 'done'] as const;
const provision = (body: object, version?: string) =>
  api.put(`/v1/nodes/${uuid}/states/provision`, body, version === undefined ? {} : { version });
const node = () => stage.store.nodes.get(uuid);
const work = async () =>
  (await stage.store.work.find(uuid)) ?? { kind: undefined, args: undefined, requests: [], power: null };

describe('an accepted verb', () => {
  test('moves the node, orders the work and wakes it, all before the 202', async () => {
    await after('manage', 'done');
    const steps = [{ interface: 'deploy', step: 'erase_devices_metadata' }];
    expect(await provision({ target: 'clean', clean_steps: steps })).toMatchObject({
      status: 202,
      headers: { location: `http://localhost:80/v1/nodes/${uuid}/states` },
    });
    expect(await node()).toMatchObject({
      provisionState: 'cleaning',
      targetProvisionState: 'manageable',
      lastError: null,
    });
    expect(await work()).toMatchObject({ kind: 'clean', args: { clean_steps: steps }, requestedBy: 'admin' });
  });

  test('deploy keeps the config drive apart and shows that there is one', async () => {
    await after(...toAvailable);
    await provision({ target: 'active', configdrive: { meta_data: { a: 1 } } });
    expect((await stage.store.blobs.get(uuid, 'config-drive'))?.toString()).toBe('{"meta_data":{"a":1}}');
    expect((await api.get<{ instance_info: object }>(`/v1/nodes/${uuid}`)).body.instance_info).toEqual({
      configdrive: '******',
    });
  });

  test('a deployment without a config drive does not find that of the one before', async () => {
    await after(...toAvailable);
    await provision({ target: 'active', configdrive: 'QUJD' });
    await after('fail');
    await provision({ target: 'active' });
    expect(await stage.store.blobs.get(uuid, 'config-drive')).toBeUndefined();
  });

  test('abort asks the conductor, which ends the work', async () => {
    await after('manage', 'done', 'provide', 'wait');
    expect(await provision({ target: 'abort' })).toMatchObject({ status: 202 });
    expect(await node()).toMatchObject({ provisionState: 'clean wait' });
    expect((await work()).requests).toMatchObject([{ kind: 'abort' }]);
  });

  test('a retired node is torn down towards manageable', async () => {
    await after(...toAvailable, 'deploy', 'done');
    await api.patch(`/v1/nodes/${uuid}`, [{ op: 'add', path: '/retired', value: true }]);
    await provision({ target: 'deleted' });
    expect(await node()).toMatchObject({ provisionState: 'deleting', targetProvisionState: 'manageable' });
  });
});

describe('a verb is refused', () => {
  test('in maintenance', async () => {
    await after('manage', 'done');
    await api.put(`/v1/nodes/${uuid}/maintenance`, { reason: 'x' });
    const steps = [{ interface: 'deploy', step: 'erase_devices_metadata' }];
    expect(await provision({ target: 'clean', clean_steps: steps })).toMatchObject({
      status: 400,
      fault: expect.stringContaining('maintenance'),
    });
    expect(await provision({ target: 'provide' })).toMatchObject({ status: 202 });
  });

  test('on a retired node that is to be provided', async () => {
    await after('manage', 'done');
    await api.patch(`/v1/nodes/${uuid}`, [{ op: 'add', path: '/retired', value: true }]);
    expect(await provision({ target: 'provide' })).toMatchObject({
      status: 400,
      fault: expect.stringContaining('retired'),
    });
  });

  test('with 409 while a conductor acts on the node, and the node says who', async () => {
    await after(...toAvailable);
    expect((await api.get(`/v1/nodes/${uuid}`)).body).toMatchObject({ reservation: null });
    await stage.store.work.claimNode(uuid, { owner: 'c1', leaseMs: 60_000 });
    expect((await api.get(`/v1/nodes/${uuid}`)).body).toMatchObject({ reservation: 'c1' });
    expect((await api.get(`/v1/nodes/${uuid}?fields=reservation`)).body).toMatchObject({ reservation: 'c1' });
    expect(await provision({ target: 'active' })).toMatchObject({
      status: 409,
      fault: expect.stringContaining('is locked by host c1'),
    });
    expect(await api.patch(`/v1/nodes/${uuid}`, [{ op: 'add', path: '/extra/a', value: 1 }])).toMatchObject({
      status: 409,
    });
    expect(await api.delete(`/v1/nodes/${uuid}`)).toMatchObject({ status: 409 });
    expect(await api.put(`/v1/nodes/${uuid}/maintenance`, { reason: 'stop' })).toMatchObject({ status: 202 });
  });

  test('with 409 while the power of the node is being changed, and taken once that is over', async () => {
    await after(...toAvailable);
    expect(await api.put(`/v1/nodes/${uuid}/states/power`, { target: 'power on' })).toMatchObject({ status: 202 });
    expect(await provision({ target: 'active' })).toMatchObject({
      status: 409,
      fault: expect.stringContaining('is locked by host'),
    });
    expect((await node()).provisionState).toBe('available');
    // What is wrong with a request is said all the same.
    expect(await provision({ target: 'manage', no: 1 })).toMatchObject({ status: 400 });
    await stage.store.nodes.change(uuid, () => ({ patch: { targetPowerState: null } }));
    expect(await provision({ target: 'active' })).toMatchObject({ status: 202 });
  });

  test('but not during work, which comes before a change of power: the work can be ended', async () => {
    await after(...toAvailable, 'deploy', 'wait');
    expect(await api.put(`/v1/nodes/${uuid}/states/power`, { target: 'rebooting' })).toMatchObject({ status: 202 });
    expect(await provision({ target: 'deleted' })).toMatchObject({ status: 202 });
  });

  test('when more deployments run than are allowed at once', async () => {
    const crowded = await openStage({ settings: { maxConcurrentDeploy: 1 } });
    const other = call(crowded.rest);
    const create = async () => {
      const created = await other.post<{ uuid: string }>('/v1/nodes', {
        driver: 'fake-hardware',
        deploy_interface: 'fake',
      });
      for (const event of toAvailable) await crowded.store.nodes.change(created.body.uuid, () => ({ event }));
      return `/v1/nodes/${created.body.uuid}/states/provision`;
    };
    const [first, second] = [await create(), await create()];
    expect(await other.put(first, { target: 'active' })).toMatchObject({ status: 202 });
    expect(await other.put(second, { target: 'active' })).toMatchObject({
      status: 503,
      fault: expect.stringContaining('limit of 1'),
    });
    await crowded.close();
  });
});

describe('power', () => {
  const power = (body: object, version?: string) =>
    api.put(`/v1/nodes/${uuid}/states/power`, body, version === undefined ? {} : { version });

  test('a change is ordered with its timeout', async () => {
    expect(await power({ target: 'soft power off', timeout: 60 })).toMatchObject({ status: 202 });
    expect((await work()).power).toMatchObject({ target: 'soft power off', timeoutSeconds: 60 });
    // As upstream: "soft power off" leads to "power off".
    expect((await node()).targetPowerState).toBe('power off');
  });

  test.each<[sentence: string, body: object, version: string | undefined, status: number]>([
    ['soft changes came with 1.27', { target: 'soft power off' }, '1.26', 406],
    ['a timeout came with 1.27', { target: 'power off', timeout: 5 }, '1.26', 406],
    ['a timeout is positive', { target: 'power off', timeout: 0 }, undefined, 400],
    ['a target is needed', {}, undefined, 400],
  ])('%s', async (_sentence, body, version, status) => {
    expect(await power(body, version)).toMatchObject({ status });
  });

  test('a node whose power-off is disabled is not switched off, but may be rebooted', async () => {
    await stage.store.nodes.change(uuid, () => ({ patch: { disablePowerOff: true } }));
    expect(await power({ target: 'power off' })).toMatchObject({ status: 409 });
    expect(await power({ target: 'rebooting' })).toMatchObject({ status: 202 });
  });

  test('a node that is being cleaned is left alone', async () => {
    await after('manage', 'done', 'provide');
    expect(await power({ target: 'power off' })).toMatchObject({ status: 400 });
  });
});

describe('attributes', () => {
  const patch = (...operations: object[]) => api.patch(`/v1/nodes/${uuid}`, operations);

  test('an interface changes only where nothing is deployed', async () => {
    await after(...toAvailable, 'deploy', 'done');
    const change = { op: 'add', path: '/raid_interface', value: 'no-raid' };
    expect(await patch(change)).toMatchObject({ status: 409 });
    expect(await patch({ op: 'add', path: '/maintenance', value: true }, change)).toMatchObject({ status: 200 });
  });

  test('removing an attribute resets it', async () => {
    await patch(
      { op: 'add', path: '/raid_interface', value: 'no-raid' },
      { op: 'add', path: '/automated_clean', value: 'false' },
    );
    const reset = await patch({ op: 'remove', path: '/raid_interface' }, { op: 'remove', path: '/automated_clean' });
    expect(reset).toMatchObject({ status: 200, body: { raid_interface: 'fake', automated_clean: null } });
  });

  test('a resource class that is set stays while the node is in use', async () => {
    await patch({ op: 'add', path: '/resource_class', value: 'a' });
    await after(...toAvailable, 'deploy', 'done');
    expect(await patch({ op: 'add', path: '/resource_class', value: 'b' })).toMatchObject({ status: 409 });
  });

  test('ending maintenance forgets its reason and the fault', async () => {
    await stage.store.nodes.change(uuid, () => ({
      patch: { maintenance: true, maintenanceReason: 'x', fault: 'power failure' },
    }));
    const ended = await patch({ op: 'replace', path: '/maintenance', value: false });
    expect(ended).toMatchObject({ body: { maintenance: false, maintenance_reason: null, fault: null } });
  });

  test('another driver wants its own interfaces', async () => {
    expect(await patch({ op: 'replace', path: '/driver', value: 'redfish' })).toMatchObject({ status: 400 });
    const reset = await api.patch(`/v1/nodes/${uuid}?reset_interfaces=true`, [
      { op: 'replace', path: '/driver', value: 'redfish' },
    ]);
    expect(reset).toMatchObject({ status: 200, body: { driver: 'redfish', power_interface: 'redfish' } });
  });

  test('the instance of another node is not taken', async () => {
    const instance = '44444444-4444-4444-4444-444444444444';
    await patch({ op: 'add', path: '/instance_uuid', value: instance });
    const other = (await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware' })).body.uuid;
    expect(
      await api.patch(`/v1/nodes/${other}`, [{ op: 'add', path: '/instance_uuid', value: instance }]),
    ).toMatchObject({ status: 409 });
  });
});
