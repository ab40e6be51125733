import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { grpcServer } from '@metal3/grpc';
import { hostClient, WatchHostsResponse_Kind as Kind, type HostClient } from '@metal3/host-client';
import { cachedClient } from '@metal3/kube-controller';
import { memoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost } from '@metal3/metal3-api';
import { systemClock } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { hostCaches, kubernetesHostStore } from '../host/adapters/kubernetes.ts';
import { secretKind } from '../host/adapters/secret.ts';
import { hostSettings } from '../host/testing/view.ts';
import { fakeIronic } from '../provisioner/adapters/fake.ts';
import { hostService } from './service.ts';

const kubernetes = memoryKubernetes();
const client = cachedClient(kubernetes, { clock: systemClock });
const caches = hostCaches(client, []);
const service = testService('bmo');
const stopped = new AbortController();
const silent = { normal() {}, warning() {}, flush: async () => {} };
const eyes = {
  store: kubernetesHostStore(client, caches, silent),
  provisioner: fakeIronic({ nextUuid: () => '00000000-0000-4000-8000-000000000001' }),
  settings: hostSettings,
  clock: systemClock,
  reachedOverV6: async () => false,
};
const server = grpcServer(
  {
    listen: '127.0.0.1:0',
    portFile: '',
    tlsCertFile: '',
    tlsKeyFile: '',
    tlsClientCaFile: '',
    readers: [],
    operators: [],
    services: [],
    reflection: false,
  },
  [hostService({ hosts: caches.hosts, client, eyes, progressOf: () => 'writing image' })],
);
let hosts: HostClient;

const key = { namespace: 'metal', name: 'host-1' };
beforeAll(async () => {
  await kubernetes.create(secretKind, {
    metadata: { namespace: 'metal', name: 'bmc' },
    data: { username: 'YQ==', password: 'c2VjcmV0' },
  });
  await kubernetes.create(bareMetalHost, {
    metadata: { ...key, labels: { rack: 'r1' }, finalizers: ['baremetalhost.metal3.io'] },
    spec: { online: true, bmc: { address: 'redfish-virtualmedia://admin@192.0.2.1/', credentialsName: 'bmc' } },
  });
  void client.run(stopped.signal);
  await client.whenSynced();
  await server.start(stopped.signal, service);
  hosts = hostClient(server.address);
});
afterAll(async () => {
  hosts.close();
  stopped.abort();
  await server.stop();
  await service.stop();
});

test('a host is shown as people talk about it, without credentials', async () => {
  const { host } = await hosts.getHost(key);
  expect(host).toMatchObject({
    ...key,
    online: true,
    bmcAddress: 'redfish-virtualmedia://192.0.2.1/',
    progress: 'writing image',
    labels: { rack: 'r1' },
  });
});

test('hosts are listed by label', async () => {
  expect((await hosts.listHosts({ labelSelector: 'rack=r1' })).hosts).toHaveLength(1);
  expect((await hosts.listHosts({ labelSelector: 'rack=r2' })).hosts).toHaveLength(0);
});

test('a host that is not there is not found', async () => {
  await expect(hosts.getHost({ ...key, name: 'none' })).rejects.toMatchObject({
    code: 'HOST-NOT-FOUND',
    grpcStatus: 'NOT_FOUND',
  });
});

test('requests become what a person would write', async () => {
  await hosts.setOnline({ ...key, online: false });
  await hosts.rebootHost({ ...key, mode: 'hard' });
  await hosts.inspectHost(key);
  expect(await kubernetes.get(bareMetalHost, key)).toMatchObject({
    spec: { online: false },
    metadata: { annotations: { 'reboot.metal3.io': '{"mode":"hard"}', 'inspect.metal3.io': '' } },
  });
});

test('a change is refused when the host has changed meanwhile', async () => {
  await expect(hosts.setOnline({ ...key, online: true, expectedResourceVersion: '1' })).rejects.toMatchObject({
    code: 'HOST-CHANGED',
  });
});

test('what would happen next is explained without doing it, and without secrets', async () => {
  await kubernetes.patchStatus(bareMetalHost, key, {
    type: 'merge',
    body: { status: { provisioning: { state: 'registering', ID: '' } } },
  });
  // What the service explains is what it has heard of the host, which is a moment later.
  const decision = await eventually(async () => {
    const { decisions } = await hosts.explainHost(key);
    expect(decisions[0]?.sentence).toBe('Ironic would be asked: create');
    return decisions[0];
  });
  const json = Buffer.from(decision?.decisionJson ?? []).toString();
  expect(json).toContain('"redfish_password":"******"');
  expect((await kubernetes.get(secretKind, { namespace: 'metal', name: 'bmc' })).metadata.finalizers).toBeUndefined();
});

test('changes are followed from a snapshot on', async () => {
  const seen: string[] = [];
  const done = new AbortController();
  for await (const { kind, host } of hosts.watchHosts({ namespace: 'metal' }, { signal: done.signal })) {
    seen.push(`${kind} ${host?.online ?? ''}`);
    if (kind === Kind.SYNCED) await hosts.setOnline({ ...key, online: true });
    if (kind === Kind.CHANGED) break;
  }
  done.abort();
  expect(seen).toEqual([`${Kind.SNAPSHOT} false`, `${Kind.SYNCED} `, `${Kind.CHANGED} true`]);
});
