import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectKubernetes, findClusterAccess, type Kubernetes, type KubeObject } from '@metal3/kube-client';
import { validatingWebhookConfiguration } from '@metal3/kube-admission';
import { cachedClient } from '@metal3/kube-controller';
import {
  bareMetalHost,
  bmcEventSubscription,
  dataImage,
  hostClaim,
  hostFirmwareComponents,
  hostNetworkAttachment,
} from '@metal3/metal3-api';
import { freePort, testControlPlane } from '@metal3/local-servers';
import { readConfig, type Part } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { bmoConfig } from '../config.ts';
import { hostCaches } from '../host/adapters/kubernetes.ts';
import { admissionParts } from './parts.ts';

const service = testService('bmo');
const stopped = new AbortController();
let kubernetes: Kubernetes;
let parts: readonly Part[] = [];
let namespace = '';

beforeAll(async () => {
  const plane = await testControlPlane();
  namespace = plane.namespace;
  const now = () => Date.now();
  const access = findClusterAccess({ kubeconfig: plane.kubeconfigPath, env: {}, now });
  kubernetes = connectKubernetes(access, { userAgent: 'bmo-test', now });
  const flags = {
    namespace,
    'webhook-port': await freePort(),
    'webhook-register': true,
    'webhooks-configuration': namespace,
  };
  const request = readConfig(bmoConfig, {
    env: {},
    argv: ['node', 'bmo', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
  });
  if (request.kind !== 'run') throw new Error(request.text);
  const client = cachedClient(kubernetes, service);
  const { hosts } = hostCaches(client, [namespace]);
  void client.run(stopped.signal);
  await hosts.whenSynced();
  parts = admissionParts(request.config, kubernetes, hosts, service);
  for (const part of parts) await part.start(stopped.signal, service);
}, 120_000);

afterAll(async () => {
  await kubernetes.delete(validatingWebhookConfiguration, { name: namespace });
  stopped.abort();
  for (const part of parts) await part.stop();
  await service.stop();
});

const host = (name: string, address: string) => ({
  metadata: { namespace, name },
  spec: { online: true, bmc: { address, credentialsName: 'bmc' } },
});

test('the API server asks bmo about hosts, and passes on what is wrong with them', async () => {
  // The API server takes a moment to hear of a new webhook.
  await eventually(
    async () => {
      await expect(
        kubernetes.create(bareMetalHost, host('bad', 'foo://192.0.2.1'), { dryRun: true }),
      ).rejects.toMatchObject({
        code: 'Invalid',
        message: expect.stringContaining("unknown BMC type 'foo'"),
      });
      return true;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
});

test('a good host is let in, and its MAC address stays what it is', async () => {
  const good = host('good', 'redfish://192.0.2.1');
  await kubernetes.create(bareMetalHost, { ...good, spec: { ...good.spec, bootMACAddress: '52:54:00:00:00:01' } });
  const change = kubernetes.patch(bareMetalHost, good.metadata, {
    type: 'merge',
    body: { spec: { bootMACAddress: '52:54:00:00:00:02' } },
  });
  await expect(change).rejects.toMatchObject({
    code: 'Invalid',
    message: expect.stringContaining('bootMACAddress can not be changed'),
  });
});

test('its companions are looked at as well', async () => {
  const metadata = { namespace, name: 'good' };
  const refused = (message: string) => ({ code: 'Invalid', message: expect.stringContaining(message) });
  const spec = { hostName: 'good', destination: 'https://192.0.2.9' };
  await expect(kubernetes.create(bmcEventSubscription, { metadata, spec })).rejects.toMatchObject(
    refused('hostname-only destination must have a trailing slash'),
  );
  const httpHeadersRef = { name: 'headers', namespace };
  const subscription = { ...spec, destination: 'https://192.0.2.9/', httpHeadersRef };
  await kubernetes.create(bmcEventSubscription, { metadata, spec: subscription });
  const patch = (body: object) => kubernetes.patch(bmcEventSubscription, metadata, { type: 'merge', body });
  await expect(patch({ spec: { context: 'other' } })).rejects.toMatchObject(refused('please recreate it'));
  await patch({ metadata: { finalizers: [] } });
  await expect(kubernetes.create(dataImage, { metadata, spec: { url: 'nfs://192.0.2.9/a' } })).rejects.toMatchObject(
    refused('scheme "nfs" is not supported'),
  );
  const updates = [{ component: 'bios', url: 'file:///bios.bin' }];
  await expect(kubernetes.create(hostFirmwareComponents, { metadata, spec: { updates } })).rejects.toMatchObject(
    refused('spec.updates[0].url'),
  );
});

test('a claim is told what is wrong with its selector, and may spell operators as Kubernetes does', async () => {
  const claim = (operator: string) => ({
    metadata: { namespace, name: 'claim' },
    spec: { poweredOn: true, hostSelector: { matchExpressions: [{ key: 'size', operator, values: ['big'] }] } },
  });
  await expect(kubernetes.create(hostClaim, claim('Exists'))).rejects.toMatchObject({
    code: 'Invalid',
    message: expect.stringContaining('spec.hostSelector.matchExpressions[0]: operator Exists takes no values'),
  });
  await kubernetes.create(hostClaim, claim('NotIn'), { dryRun: true });
});

test('a network attachment is neither changed nor deleted while a host names it', async () => {
  const metadata = { namespace, name: 'storage' };
  const patch = (kind: typeof hostNetworkAttachment | typeof bareMetalHost, name: string, spec: object) =>
    kubernetes.patch<KubeObject>(kind, { namespace, name }, { type: 'merge', body: { spec } });
  await kubernetes.create(hostNetworkAttachment, { metadata, spec: { mode: 'trunk', nativeVLAN: 7 } });
  await patch(hostNetworkAttachment, 'storage', { nativeVLAN: 8 });
  await patch(bareMetalHost, 'good', {
    networkInterfaces: [{ name: 'eth0', hostNetworkAttachment: { name: 'storage' } }],
  });
  await eventually(
    async () => {
      await expect(patch(hostNetworkAttachment, 'storage', { nativeVLAN: 9 })).rejects.toMatchObject({
        code: 'Invalid',
        message: expect.stringContaining(`in use: named by BareMetalHost ${namespace}/good`),
      });
      return true;
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );
  await expect(kubernetes.delete(hostNetworkAttachment, metadata)).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.stringContaining('can not be deleted: 1 BareMetalHost names it'),
  });
  await patch(bareMetalHost, 'good', { networkInterfaces: null });
  await eventually(async () => (await kubernetes.delete(hostNetworkAttachment, metadata)) === undefined || undefined, {
    timeoutMs: 30_000,
    everyMs: 50,
  });
});
