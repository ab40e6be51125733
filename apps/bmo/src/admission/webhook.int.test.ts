import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectKubernetes, findClusterAccess, type Kubernetes } from '@metal3/kube-client';
import { validatingWebhookConfiguration } from '@metal3/kube-admission';
import { bareMetalHost, bmcEventSubscription, dataImage, hostFirmwareComponents } from '@metal3/metal3-api';
import { freePort, testControlPlane } from '@metal3/local-servers';
import { readConfig, type Part } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { bmoConfig } from '../config.ts';
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
  parts = admissionParts(request.config, kubernetes, service);
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
