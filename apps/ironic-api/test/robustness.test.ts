import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assembleApi } from '../src/api.ts';
import type { Route } from '../src/http/route.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let routes: readonly Route[];
const node = '6d7c5ff8-1111-4222-8333-444455556666';

beforeAll(async () => {
  stage = await openStage();
  const api = assembleApi(stage.dependencies);
  routes = [...api.discoveryRoutes, ...api.routes, ...api.agentRoutes];
  await stage.rest.inject({
    method: 'POST',
    url: '/v1/nodes',
    headers: { 'x-openstack-ironic-api-version': '1.89' },
    payload: { driver: 'fake-hardware', name: 'known', uuid: node },
  });
});
afterAll(() => stage.close());

const word = fc.constantFrom(
  ...[
    'known',
    node,
    'absent',
    '11111111-1111-1111-1111-111111111111',
    '%20',
    'ns~x',
    'CUSTOM_A',
    '0',
    '..',
    '__proto__',
    'é',
  ],
);
const queryName = fc.constantFrom(
  ...[
    'fields',
    'detail',
    'limit',
    'marker',
    'sort_key',
    'sort_dir',
    'provision_state',
    'associated',
    'node',
    'node_uuid',
    'address',
  ],
  ...['addresses', 'target', 'shard', 'conductor', 'type', 'method', 'reset_interfaces', 'bogus'],
);
const queryValue = fc.constantFrom(
  '',
  '1',
  '-1',
  'true',
  'uuid',
  'name,uuid',
  'links',
  'x',
  node,
  '52:54:00:00:00:01',
  'desc',
  'id',
  'created_at',
);
const path = fc.constantFrom(
  '/extra/a',
  '/extra',
  '/name',
  '/driver',
  '/properties/cpus',
  '/traits',
  '/interfaces',
  '/maintenance',
  '/address',
  '/steps/0',
);
const operation = fc.record({
  op: fc.constantFrom('add', 'replace', 'remove', 'test'),
  path,
  value: fc.jsonValue({ maxDepth: 2 }),
});
const argument = fc.constantFrom(
  ...[
    'target',
    'driver',
    'name',
    'uuid',
    'extra',
    'properties',
    'clean_steps',
    'configdrive',
    'traits',
    'inventory',
    'steps',
    'events',
  ],
  ...[
    'callback_url',
    'agent_token',
    'agent_version',
    'address',
    'node_uuid',
    'boot_device',
    'device_type',
    'image_url',
    'reason',
    'timeout',
  ],
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    'fake-hardware',
    'manage',
    'clean',
    'active',
    'power off',
    node,
    [{ step: 'x' }],
    { interfaces: [{}] },
    '52:54:00:00:00:02',
  ),
);
const body = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(operation, { maxLength: 3 }),
  fc.dictionary(argument, value, { maxKeys: 4 }),
);

test('no request, however wrong, makes the service fail', async () => {
  const request = fc.record({
    route: fc.nat().map((index) => index),
    words: fc.array(word, { minLength: 2, maxLength: 2 }),
    query: fc.array(fc.tuple(queryName, queryValue), { maxLength: 3 }),
    version: fc.constantFrom('', '1.1', '1.22', '1.50', '1.89', '1.95', 'latest', '1.1000', 'x'),
    body,
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ route: index, words, query, version, body: payload }) => {
      const route = routes[index % routes.length];
      if (route === undefined) return;
      let position = 0;
      const url = route.path.replace(/:\w+/g, () => words[position++] ?? '');
      const text = new URLSearchParams(query).toString();
      const reply = await stage.rest.inject({
        method: route.method,
        url: text === '' ? url : `${url}?${text}`,
        headers: {
          ...(version === '' ? {} : { 'x-openstack-ironic-api-version': version }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
      });
      if (reply.statusCode >= 500)
        throw new Error(`${route.method} ${url}?${text} ${JSON.stringify(payload)} at ${version}: ${reply.payload}`);
      expect(reply.payload === '' || typeof reply.json() === 'object').toBe(true);
    }),
    { numRuns: 3000 },
  );
}, 120_000);
