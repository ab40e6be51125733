import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { basicAuthentication, parseHtpasswd } from '../src/authentication/basic.ts';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await api.post('/v1/nodes', { driver: 'fake-hardware', name, resource_class: name < 'd' ? 'small' : 'large' });
  }
});
afterAll(() => stage.close());

describe('URLs', () => {
  test.each(['/v1/nodes/', '/nodes', '/nodes/', '/v1/nodes.json'])('%s is /v1/nodes', async (url) => {
    expect((await api.get<{ nodes: unknown[] }>(url)).body.nodes).toHaveLength(5);
  });

  test('from 1.91 on ".json" belongs to the identifier', async () => {
    expect(await api.get('/v1/nodes/a.json', { version: '1.90' })).toMatchObject({ status: 200 });
    expect(await api.get('/v1/nodes/a.json', { version: '1.91' })).toMatchObject({ status: 404 });
  });

  test('older clients name the node last', async () => {
    const { body: states } = await api.get('/v1/nodes/a/states');
    expect(await api.get('/v1/nodes/states/a')).toMatchObject({ status: 200, body: states });
    expect(await api.get('/v1/nodes/states/console/a')).toMatchObject({ body: { console_enabled: false } });
    expect(await api.put('/v1/nodes/maintenance/a', { reason: 'x' })).toMatchObject({ status: 202 });
    expect(await api.delete('/v1/nodes/maintenance/a')).toMatchObject({ status: 202 });
  });

  test('a path is none for versions before it, whatever the method', async () => {
    const put = (version: string) => api.put('/v1/nodes/a/vmedia', {}, { version });
    expect([(await put('1.88')).status, (await put('1.89')).status]).toEqual([404, 405]);
  });

  test('words that are no sub-resource are not found', async () => {
    expect(await api.get('/v1/nodes/a/bogus')).toMatchObject({ status: 404 });
    expect(await api.get('/v1/nodes/a/states/bogus')).toMatchObject({ status: 404 });
  });

  test.each(['/v1/nodes/%FF', `/v1/nodes/${'x'.repeat(10_000)}`])(
    'a URL that the router refuses by itself is told in the form of a routing abort',
    async (url) => {
      const reply = await stage.rest.inject({ method: 'GET', url });
      expect(reply.statusCode).toBe(400);
      const { error_message } = reply.json<{ error_message: string }>();
      expect(JSON.parse(error_message)).toMatchObject({ code: 400, title: 'Bad Request' });
      expect(reply.body.length).toBeLessThan(1_000);
    },
  );

  test('a path answers methods it does not have with those it has', async () => {
    const reply = await stage.rest.inject({ method: 'HEAD', url: '/v1/nodes' });
    expect(reply.statusCode).toBe(405);
    expect(reply.headers['allow']).toBe('DELETE, GET, PATCH, POST');
  });

  test('names below 1.5 are not found', async () => {
    expect(await api.get('/v1/nodes/a', { version: '1.4' })).toMatchObject({ status: 404 });
  });
});

describe('bodies', () => {
  test('an empty body that is said to be JSON is none', async () => {
    const reply = await stage.rest.inject({
      method: 'DELETE',
      url: '/v1/nodes/a/maintenance',
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.89' },
    });
    expect(reply.statusCode).toBe(202);
    expect(reply.headers['content-type']).toBeUndefined();
  });

  test('DELETE may have a body', async () => {
    const reply = await stage.rest.inject({
      method: 'DELETE',
      url: '/v1/nodes/a/maintenance',
      headers: { 'x-openstack-ironic-api-version': '1.89' },
      payload: {},
    });
    expect(reply.statusCode).toBe(202);
  });

  test('a form is not understood', async () => {
    const reply = await stage.rest.inject({
      method: 'POST',
      url: '/v1/nodes',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'driver=x',
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.payload).toContain('Unexpected arguments');
  });

  test('a verb may stand in the query', async () => {
    expect(await api.put('/v1/nodes/a/states/provision?target=adopt')).toMatchObject({
      status: 400,
      fault: expect.stringContaining('"adopt" can not be performed'),
    });
  });

  test('more than a mebibyte is too large, but not for a config drive', async () => {
    const large = 'A'.repeat(1_100_000);
    const refused = await api.post('/v1/nodes', { driver: 'fake-hardware', extra: { large } });
    expect(refused).toMatchObject({ status: 413, body: { faultcode: 'Client', faultstring: expect.any(String) } });
    const taken = await api.put('/v1/nodes/a/states/provision', { target: 'active', configdrive: large });
    expect(taken).toMatchObject({ status: 400, fault: expect.stringContaining('"active" can not be performed') });
  });

  test('nesting deeper than 25 levels is refused in the flat form', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 30; level += 1) deep = { deep };
    expect(await api.post('/v1/nodes', { driver: 'fake-hardware', extra: deep })).toMatchObject({
      status: 400,
      body: { faultcode: 'Client' },
    });
  });

  test.each([['text/html'], ['application/xml']])('%s is not written', async (accept) => {
    const reply = await stage.rest.inject({ method: 'GET', url: '/v1/nodes', headers: { accept } });
    expect(reply.statusCode).toBe(406);
  });
});

describe('pages', () => {
  test('the next page asks the same question', async () => {
    const first = await api.get<{ nodes: { name: string }[]; next: string }>(
      '/v1/nodes?resource_class=small&limit=2&fields=name,uuid',
    );
    expect(first.body.nodes.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(first.body.next).toContain('resource_class=small');
    const second = await api.get<{ nodes: { name: string }[]; next?: string }>(
      new URL(first.body.next).pathname + new URL(first.body.next).search,
    );
    expect(second.body.nodes.map(({ name }) => name)).toEqual(['c']);
    expect(second.body.next).toBeUndefined();
  });

  test('a list that is asked for again shows what has changed in between', async () => {
    const reasons = async () => {
      const { body } = await api.get<{ nodes: { name: string; maintenance_reason: string }[] }>('/v1/nodes/detail');
      return body.nodes.find(({ name }) => name === 'b')?.maintenance_reason;
    };
    expect(await reasons()).toBeNull();
    await api.put('/v1/nodes/b/maintenance', { reason: 'first' });
    expect(await reasons()).toBe('first');
    await api.put('/v1/nodes/b/maintenance', { reason: 'second' });
    expect(await reasons()).toBe('second');
    await api.delete('/v1/nodes/b/maintenance');
  });

  test('nodes of one conductor fill their pages', async () => {
    const { body } = await api.get<{ nodes: unknown[]; next: string }>('/v1/nodes?conductor=127.0.0.1&limit=3');
    expect(body.nodes).toHaveLength(3);
    expect(body.next).toContain('conductor=127.0.0.1');
    expect((await api.get<{ nodes: unknown[] }>('/v1/nodes?conductor=elsewhere')).body.nodes).toEqual([]);
  });

  test('attributes that are no columns can be listed', async () => {
    const { body } = await api.get<{ nodes: Record<string, unknown>[] }>(
      '/v1/nodes?fields=conductor,chassis_uuid,allocation_uuid&limit=1',
    );
    expect(body.nodes[0]).toMatchObject({ conductor: '127.0.0.1', chassis_uuid: null, allocation_uuid: null });
  });

  test('children are listed only for those who ask', async () => {
    const parent = (await api.get<{ uuid: string }>('/v1/nodes/a')).body.uuid;
    await api.post('/v1/nodes', { driver: 'fake-hardware', name: 'child', parent_node: 'a' });
    const names = async (query: string) =>
      (await api.get<{ nodes: { name: string }[] }>(`/v1/nodes?${query}`)).body.nodes.map(({ name }) => name);
    expect(await names('')).not.toContain('child');
    expect(await names('include_children=true')).toContain('child');
    expect(await names(`parent_node=${parent}`)).toEqual(['child']);
    expect((await api.get('/v1/nodes/a/children')).body).toMatchObject({ links: { rel: 'children' } });
    await api.delete('/v1/nodes/child');
  });

  test('a filter newer than the version is not acceptable', async () => {
    expect(await api.get('/v1/nodes?shard=s', { version: '1.81' })).toMatchObject({ status: 406 });
  });
});

describe('secrets', () => {
  test('a node that is read and written back keeps its secrets', async () => {
    await api.post('/v1/nodes', {
      driver: 'redfish',
      name: 'bmc',
      driver_info: { redfish_address: 'http://x', redfish_password: 'p' },
    });
    const { body } = await api.get<{ driver_info: Record<string, unknown>; uuid: string }>('/v1/nodes/bmc');
    expect(body.driver_info).toEqual({ redfish_address: 'http://x', redfish_password: '******' });
    await api.patch('/v1/nodes/bmc', [
      { op: 'replace', path: '/driver_info', value: { ...body.driver_info, redfish_verify_ca: false } },
    ]);
    const { driverInfo } = await stage.store.nodes.get('bmc');
    expect(stage.store.reveal(body.uuid, driverInfo)).toEqual({
      redfish_address: 'http://x',
      redfish_password: 'p',
      redfish_verify_ca: false,
    });
  });
});

describe('HTTP basic authentication', () => {
  const users = parseHtpasswd(`admin:${hashSync('secret', 4)}`);
  let guarded: Stage;
  beforeAll(async () => {
    guarded = await openStage({ authenticate: basicAuthentication(() => users) });
  });
  afterAll(() => guarded.close());
  const status = async (method: 'GET' | 'POST', url: string, authorization?: string) =>
    (await guarded.rest.inject({ method, url, headers: authorization === undefined ? {} : { authorization } }))
      .statusCode;

  test.each<['GET' | 'POST', string]>([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/'],
    ['GET', '/v1/lookup'],
    ['POST', '/v1/heartbeat/11111111-1111-1111-1111-111111111111'],
    ['POST', '/v1/continue_inspection'],
  ])('%s %s is open', async (method, url) => {
    expect(await status(method, url)).not.toBe(401);
  });

  test.each<['GET' | 'POST', string]>([
    ['GET', '/v1/nodes'],
    ['POST', '/v1/nodes'],
    ['GET', '/v1/drivers'],
    ['GET', '/v1/nonsense'],
  ])('%s %s is not', async (method, url) => {
    expect(await status(method, url)).toBe(401);
  });

  test('the right password opens', async () => {
    expect(await status('GET', '/v1/nodes', `Basic ${Buffer.from('admin:secret').toString('base64')}`)).toBe(200);
  });

  test('a refusal says how to do better', async () => {
    const reply = await guarded.rest.inject({ method: 'GET', url: '/v1/nodes' });
    expect(reply.headers['www-authenticate']).toBe('Basic realm="Baremetal API"');
    expect(reply.json()).toEqual({ error: { message: 'Authorization required', code: 401 } });
  });
});
