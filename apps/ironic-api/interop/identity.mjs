import { createServer } from 'node:http';

const interfaces = ['public', 'internal', 'admin'];
const hour = 3_600_000;
const time = (at) => new Date(at).toISOString().replace('Z', '000Z');

/**
 * Keystone for clients that insist on it: gives everybody a token, and a catalogue in which the bare metal service is at `ironic`.
 *
 * @returns its address and how to stop it
 */
export async function startIdentity(ironic) {
  const server = createServer((request, response) => {
    request.resume();
    const { port } = server.address();
    const url = `http://127.0.0.1:${port}`;
    const answer = (status, body, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    if (request.method === 'POST') answer(201, { token: token(url, ironic) }, { 'x-subject-token': 'token' });
    else answer(200, { version: { id: 'v3.14', status: 'stable', links: [{ rel: 'self', href: `${url}/v3/` }] } });
  });
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function token(identity, ironic) {
  const domain = { id: 'default', name: 'Default' };
  const service = (type, url) => ({
    type,
    name: type,
    id: type,
    endpoints: interfaces.map((name) => ({
      id: name,
      interface: name,
      region: 'RegionOne',
      region_id: 'RegionOne',
      url,
    })),
  });
  return {
    methods: ['password'],
    user: { id: 'user', name: 'admin', domain },
    project: { id: 'project', name: 'admin', domain },
    roles: [{ id: 'admin', name: 'admin' }],
    catalog: [service('baremetal', ironic), service('identity', `${identity}/v3`)],
    issued_at: time(Date.now()),
    expires_at: time(Date.now() + 24 * hour),
  };
}
