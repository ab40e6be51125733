import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { configMap } from '../core-kinds.ts';
import { connectKubernetes } from '../rest/rest-client.ts';
import { readKubeConfig } from './kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-test-'));
const now = () => Date.now();
let server: Server;
let url: string;
let accepted: string | undefined;
let requests: { authorization: string | undefined; userAgent: string | undefined; path: string | undefined }[];

beforeAll(async () => {
  server = createServer(({ headers, url: path }, response) => {
    requests.push({ authorization: headers.authorization, userAgent: headers['user-agent'], path });
    const allowed = accepted === undefined || headers.authorization === accepted;
    response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(allowed ? { metadata: { resourceVersion: '1' }, items: [] } : { kind: 'Status' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = [];
  accepted = undefined;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function configFor(user: object, cluster: object = {}): string {
  const path = join(folder, 'config');
  const file = {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'lab' } }],
    clusters: [{ name: 'c', cluster: { server: `${url}/`, ...cluster } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(path, stringify(file));
  return path;
}

async function listAs(user: object): Promise<void> {
  const access = readKubeConfig(configFor(user), { env: { PATH: process.env['PATH'] }, now });
  const client = connectKubernetes(access, { userAgent: 'tester/1', now });
  await client.list(configMap, { namespace: access.namespace });
  await client.close();
}

test('says who it is in every request', async () => {
  await listAs({ token: 'secret' });
  expect(requests).toEqual([
    { authorization: 'Bearer secret', userAgent: 'tester/1', path: '/api/v1/namespaces/lab/configmaps' },
  ]);
});

test('understands basic credentials and tokens in files', async () => {
  await listAs({ username: 'anna', password: 'b' });
  writeFileSync(join(folder, 'token'), 'from-file\n');
  await listAs({ tokenFile: 'token' });
  expect(requests.map(({ authorization }) => authorization)).toEqual(['Basic YW5uYTpi', 'Bearer from-file']);
});

test('runs a credential plugin, and runs it again when its token is refused', async () => {
  const counter = join(folder, 'count');
  writeFileSync(counter, '0');
  writeFileSync(
    join(folder, 'plugin'),
    `#!/bin/sh\nn=$(($(cat ${counter}) + 1)); echo $n > ${counter}\n` +
      `echo '{"kind":"ExecCredential","status":{"token":"t'$n'"}}'\n`,
  );
  chmodSync(join(folder, 'plugin'), 0o755);
  accepted = 'Bearer t2';
  await listAs({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' } });
  expect(requests.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2']);
});

test('gives up with Unauthorized when a fresh credential is refused too', async () => {
  accepted = 'Bearer other';
  await expect(listAs({ token: 'secret' })).rejects.toMatchObject({ code: 'Unauthorized' });
  expect(requests).toHaveLength(2);
});

test.each<[sentence: string, run: () => unknown, message: string]>([
  ['a file that is not there', () => readKubeConfig('/nowhere', { env: {}, now }), 'cannot be read'],
  [
    'a context that is not there',
    () => readKubeConfig(configFor({}), { env: {}, now, context: 'x' }),
    'no context "x"',
  ],
  [
    'a certificate without its key',
    () => readKubeConfig(configFor({ 'client-certificate-data': 'eA==' }), { env: {}, now }),
    'go together',
  ],
])('refuses %s, naming file and field', (_sentence, run, message) => {
  expect(run).toThrow(message);
});
