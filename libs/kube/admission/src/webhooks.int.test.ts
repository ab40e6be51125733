import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  configMap,
  connectKubernetes,
  customResourceDefinition,
  type Kind,
  type Kubernetes,
  type KubeObject,
  readKubeConfig,
  silentLog,
} from '@metal3/kube-client';
import { testControlPlane } from '@metal3/local-servers';
import { systemClock } from '@metal3/service';
import { eventually } from '@metal3/testing';
import {
  type WebhookServer,
  conversionWebhook,
  registerWebhooks,
  selfManagedCertificates,
  validatingWebhook,
  validatingWebhookConfiguration,
  webhookServer,
} from './index.ts';

interface Widget extends KubeObject {
  spec: { size?: number; width?: number };
}
const group = `${Math.random().toString(36).slice(2, 10).replace(/^\d/, 'x')}.widgets.test`;
const widget = (version: string): Kind<Widget> => ({
  group,
  version,
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
});

const clock = systemClock;
const stop = new AbortController();
let client: Kubernetes;
let namespace: string;
let server: WebhookServer;

beforeAll(async () => {
  const plane = await testControlPlane();
  namespace = plane.namespace;
  const access = readKubeConfig(plane.kubeconfigPath, { env: {}, now: Date.now });
  client = connectKubernetes(access, { userAgent: 'webhook-test/0', now: Date.now });

  const targets = [
    { kind: 'validating', name: namespace },
    { kind: 'conversion', name: `widgets.${group}` },
  ] as const;
  const certificates = selfManagedCertificates({
    client,
    secret: { namespace, name: 'webhook-certificate' },
    names: ['127.0.0.1'],
    targets,
    clock,
    log: silentLog,
    lookEveryMs: 500,
    authorityLifetimeMs: 18_000,
    servingLifetimeMs: 9_000,
  });
  server = webhookServer({
    host: '127.0.0.1',
    port: 0,
    certificates,
    log: silentLog,
    webhooks: [
      validatingWebhook(configMap, ({ object }) =>
        object?.data?.['colour'] === 'grey'
          ? { problems: [{ field: 'data.colour', message: 'grey is no colour' }] }
          : {},
      ),
      conversionWebhook((object, to) => {
        const { spec, ...rest } = object as Widget;
        return { ...rest, spec: to.endsWith('v2') ? { width: spec.size } : { size: spec.width } } as Widget;
      }),
    ],
  });
  await server.start(stop.signal);
  const url = `https://127.0.0.1:${server.port}`;
  await registerWebhooks(client, {
    type: 'validating',
    name: namespace,
    reach: { url },
    webhooks: [{ name: 'configmap.webhooks.test', kind: configMap, operations: ['CREATE', 'UPDATE'] }],
    namespaces: [namespace],
  });
  await client.create(customResourceDefinition, crdWithTwoVersions(url));
});
afterAll(async () => {
  stop.abort();
  await client.delete(validatingWebhookConfiguration, { name: namespace });
  await client.delete(customResourceDefinition, { name: `widgets.${group}` });
  await server.stop();
  await client.close();
});

let made = 0;
const create = (colour: string) =>
  client.create(configMap, { metadata: { namespace, name: `m-${++made}` }, data: { colour } });

test('the API server asks the webhook, and passes its refusal on', async () => {
  await eventually(async () => {
    await expect(create('grey')).rejects.toThrow('grey is no colour');
    return true;
  });
  await expect(create('grey')).rejects.toMatchObject({ code: 'Invalid', causes: [{ field: 'data.colour' }] });
  await create('red');
});

test('the API server reads an object in another version through the conversion webhook', async () => {
  await eventually(async () => {
    return client.create(widget('v1'), { metadata: { namespace, name: 'w' }, spec: { size: 3 } });
  });
  expect((await client.get(widget('v2'), { namespace, name: 'w' })).spec).toEqual({ width: 3 });
});

test('answers every call while its certificates and its authority are replaced', async () => {
  const authorities = new Set<string | undefined>();
  // Until each has been replaced, and some more calls have been answered since.
  for (let calls = 0; calls < 8; calls += authorities.size > 1 ? 1 : 0) {
    // Each on a connection of its own would be stricter; the API server closes idle ones when the bundle changes.
    await create('red');
    await expect(create('grey')).rejects.toMatchObject({ code: 'Invalid' });
    const { webhooks } = await client.get(validatingWebhookConfiguration, { name: namespace });
    authorities.add(webhooks?.[0]?.clientConfig.caBundle);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
});

function crdWithTwoVersions(url: string) {
  const version = (name: string, field: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { [field]: { type: 'integer' } } } },
      },
    },
  });
  return {
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
      versions: [version('v1', 'size', true), version('v2', 'width', false)],
      conversion: {
        strategy: 'Webhook' as const,
        webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: `${url}/convert` } },
      },
    },
  };
}
