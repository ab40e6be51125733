import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addressClient, type AddressClient } from '@metal3/ipam-client';
import { ipClaim } from '@metal3/metal3-api';
import { createAuthority } from '@metal3/local-servers';
import { claimants, makePool, type Claimant } from './claimants.ts';
import { projectWithClient } from './published-client.ts';
import { startIpamSite, type IpamSite, type Replica } from './site.ts';

let site: IpamSite;
let metal3: Claimant;
let open: Replica;
let guarded: Replica;
/** The client's example, compiled and run against the package that is published. */
let program: string;
const folder = mkdtempSync(join(tmpdir(), 'address-service-'));
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};

beforeAll(async () => {
  program = await projectWithClient(folder);
  site = await startIpamSite({ tls: { secretName: 'ipam-grpc' } });
  [metal3] = claimants(site.api, site.namespace);
  const authority = await createAuthority('address-service');
  const server = await authority.issueServer('ipam', [{ type: 'dns', value: 'ipam' }]);
  file('ca.crt', authority.cert);
  const tls = [
    '--grpc-tls-cert-file',
    file('tls.crt', server.cert),
    '--grpc-tls-key-file',
    file('tls.key', server.key),
  ];
  // Whoever Kubernetes knows may call; what they may do is decided object by object.
  const everybody = ['--grpc-readers', '*', '--grpc-operators', '*'];
  const elected = ['--leader-elect', '--leader-election-namespace', site.namespace];
  // One of the two leads; both answer.
  [open, guarded] = await Promise.all([site.start(elected), site.start([...elected, ...tls, ...everybody])]);
}, 600_000);
afterAll(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The example as a person runs it. */
const example = (...args: string[]) =>
  promisify(execFile)(process.execPath, [
    program,
    ...['--server', open.grpcAddress, '--namespace', site.namespace, ...args],
  ]).catch((error: { stdout: string; stderr: string }) => error);

test('the example of the client gets an address, shows the pool, is told why there is none, and gives it back', async () => {
  await makePool(site.api, site.namespace, 'rack', {
    prefix: 24,
    gateway: '10.0.0.254',
    pools: [{ start: '10.0.0.1', end: '10.0.0.1' }],
  });
  const first = await example('--pool', 'rack', '--claim', 'web-1');
  expect(first.stdout.split('\n')).toEqual([
    'web-1 has 10.0.0.1/24, gateway 10.0.0.254',
    'rack: 1 of 1 in use, 0 free',
    '  10.0.0.1  IPClaim web-1',
    '',
  ]);
  expect((await example('--pool', 'rack', '--claim', 'web-1')).stdout).toBe(first.stdout);
  const second = await example('--pool', 'rack', '--claim', 'web-2');
  expect(second.stderr).toContain('ADDRESS-REFUSED: web-2: Exhausted IP Pools');
  expect(second.stderr).toContain('Release addresses');
  expect((await example('--claim', 'web-1', '--release')).stdout).toBe('web-1 is released\n');
  expect((await metal3.served('web-2')).address).toBe('10.0.0.1');
});

test('a caller may do by gRPC what Kubernetes lets it do, and nothing else', async () => {
  await makePool(site.api, site.namespace, 'guarded', { pools: [{ start: '10.1.0.1', end: '10.1.0.9' }] });
  const group = { apiGroups: ['ipam.metal3.io'] };
  const reading = await site.tokenWith('reader', [{ ...group, resources: ['ipaddresses'], verbs: ['list'] }]);
  const ordering = await site.tokenWith('team', [
    { ...group, resources: ['ipclaims'], verbs: ['create', 'get', 'delete'] },
    { ...group, resources: ['ippools'], verbs: ['get'] },
  ]);
  const as = (name: string, token: string): AddressClient =>
    addressClient({
      address: guarded.grpcAddress,
      tlsCaFile: join(folder, 'ca.crt'),
      tlsServerName: 'ipam',
      tokenFile: file(name, token),
    });
  const [reader, team, stranger] = [as('reader', reading), as('team', ordering), as('stranger', 'nonsense')];
  const { namespace } = site;
  const order = { namespace, pool: 'guarded', claim: 'ordered', requestId: 'order-1' };
  try {
    await expect(stranger.listAddresses({ namespace })).rejects.toMatchObject({ grpcStatus: 'UNAUTHENTICATED' });
    await expect(reader.allocateAddress(order)).rejects.toMatchObject({
      code: 'ADDRESS-FORBIDDEN',
      message: expect.stringContaining(`system:serviceaccount:${namespace}:reader may not create ipclaims`),
    });
    expect((await team.allocateAddress(order)).address?.address).toBe('10.1.0.1');
    await expect(team.listAddresses({ namespace })).rejects.toMatchObject({ code: 'ADDRESS-FORBIDDEN' });
    expect((await reader.listAddresses({ namespace, pool: 'guarded' })).addresses).toMatchObject([
      { claim: 'ordered' },
    ]);
    await expect(reader.listAddresses({ namespace: 'default' })).rejects.toMatchObject({ code: 'ADDRESS-FORBIDDEN' });
    const { annotations } = (await site.api.get(ipClaim, { namespace, name: 'ordered' })).metadata;
    expect(annotations).toMatchObject({
      'ipam.metal3.io/request-id': 'order-1',
      'ipam.metal3.io/requested-by': `system:serviceaccount:${namespace}:team`,
    });
    await team.releaseAddress({ namespace, claim: 'ordered' });
  } finally {
    for (const client of [reader, team, stranger]) client.close();
  }
});

test('names that Kubernetes does not take are refused with the field', async () => {
  const client = addressClient({ address: open.grpcAddress });
  const { namespace } = site;
  // No claim of another test: that may still be going.
  const order = { namespace, pool: 'rack', claim: 'wrongly-ordered' };
  try {
    for (const [wrong, code] of [
      [{ claim: 'Not_A_Name' }, 'ADDRESS-REQUEST-INVALID'],
      [{ labels: { 'no label/': 'x' } }, 'ADDRESS-REQUEST-INVALID'],
      [{ requestedAddress: 'nonsense' }, 'ADDRESS-REFUSED'],
      [{ namespace: 'nowhere' }, 'ADDRESS-POOL-NOT-FOUND'],
    ] as const) {
      await expect(client.allocateAddress({ ...order, ...wrong })).rejects.toMatchObject({ code });
    }
  } finally {
    client.close();
  }
});
