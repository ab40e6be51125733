import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { restClient, type RestClient } from './rest-client.ts';

let server: Server | undefined;
let client: RestClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  server?.close();
});

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A server that speaks up to this microversion and answers everything but discovery with `reply`. */
async function ironic(version: string, reply: Reply = { status: 200, body: {} }, path = '/v1/') {
  const versions: (string | undefined)[] = [];
  server = createServer((request, response) => {
    const discovery = request.url === '/';
    if (!discovery) versions.push(request.headers['x-openstack-ironic-api-version'] as string | undefined);
    const drivers = request.url === '/v1/drivers';
    const { status, body } = discovery
      ? { status: 200, body: { default_version: { version } } }
      : drivers
        ? { status: 200, body: { drivers: [{ name: 'fake-hardware' }] } }
        : reply;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = restClient({ endpoint: `http://127.0.0.1:${port}${path}`, timeoutMs: 2_000 });
  return { client, versions };
}

test.each([
  ['1.115', '1.110'],
  ['1.109', '1.109'],
  ['1.100', '1.95'],
  ['1.94', '1.93'],
  ['1.89', '1.89'],
])('of an Ironic that speaks up to %s, %s is asked', async (offered, asked) => {
  const { client: connected, versions } = await ironic(offered);
  await connected.call('GET', 'nodes');
  expect(versions).toEqual([asked, asked]);
});

test('an Ironic that is too old is refused with the version needed', async () => {
  const { client: connected } = await ironic('1.88');
  await expect(connected.connect()).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('1.89 or newer is needed'),
  });
});

test('the endpoint may be given without /v1/', async () => {
  const { client: connected } = await ironic('1.95', { status: 200, body: { nodes: [] } }, '');
  expect(await connected.call('GET', 'nodes')).toEqual({ nodes: [] });
});

const fault = (text: string) => ({
  error_message: JSON.stringify({ faultcode: 'Client', faultstring: text, debuginfo: null }),
});

test.each([
  [404, 'Node x could not be found.', 'absent'],
  [409, 'Node x is locked by host y, please retry after the current operation is completed.', 'busy'],
  [409, 'A node with name x already exists.', 'conflict'],
  [400, 'The requested action "provide" can not be performed', 'refused'],
  [401, 'Incorrect username or password', 'denied'],
  [503, 'try later', 'unavailable'],
])('status %i (%s) means %s, and Ironic is quoted', async (status, text, code) => {
  const { client: connected } = await ironic('1.95', { status, body: fault(text) });
  await expect(connected.call('GET', 'nodes/x')).rejects.toMatchObject({ code, message: `GET /v1/nodes/x: ${text}` });
});

test('an Ironic that does not answer is unavailable', async () => {
  client = restClient({ endpoint: 'http://127.0.0.1:1/', timeoutMs: 500 });
  await expect(client.connect()).rejects.toMatchObject({ code: 'unavailable' });
});
