import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from '@metal3/kube-admission';
import { customResourceDefinition, type Kubernetes } from '@metal3/kube-client';
import { freePort } from '@metal3/local-servers';
import { bareMetalHost, metal3Cluster, metal3Machine, metal3Remediation } from '@metal3/metal3-api';
import { checkRelease, loadConfig, systemClock } from '@metal3/service';
import { testService } from '@metal3/testing';
import { capm3Steps } from './check/check.ts';
import { capm3Config } from './config.ts';
import { soon, startManagementCluster, type ManagementCluster } from './testing/management-cluster.ts';
import { capm3WebhookParts } from './webhooks/parts.ts';

let here: ManagementCluster;
let api: Kubernetes;
let namespace: string;

beforeAll(async () => {
  here = await startManagementCluster();
  ({ api, namespace } = here);
});
const cleanUps: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await here?.stop();
});

test('a Metal3Cluster becomes ready once a Cluster owns it', async () => {
  await here.makeCluster('blue');
  await soon(async () => {
    const { status, metadata } = await api.get(metal3Cluster, { namespace, name: 'blue' });
    expect(status?.initialization).toEqual({ provisioned: true });
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    expect(metadata.finalizers).toEqual(['metal3cluster.infrastructure.cluster.x-k8s.io']);
  });
});

test('of five machines and three hosts, three machines get a host each and two wait, saying why', async () => {
  for (const name of ['h1', 'h2', 'h3']) await here.makeHost(name);
  await Promise.all(['m1', 'm2', 'm3', 'm4', 'm5'].map((name) => here.makeMachine(name)));
  await soon(async () => {
    const consumers = (await here.hosts()).map((host) => host.spec.consumerRef?.name);
    expect(consumers.filter((name) => name !== undefined)).toHaveLength(3);
    expect(new Set(consumers).size).toBe(3);
    const waiting = (await here.machines()).filter(
      ({ metadata }) => metadata.annotations?.['metal3.io/BareMetalHost'] === undefined,
    );
    expect(waiting).toHaveLength(2);
    for (const { status } of waiting) {
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({
          type: 'AssociateBareMetalHost',
          status: 'False',
          message: expect.stringContaining('3 in use'),
        }),
      );
    }
  });
  const [host] = await here.hosts();
  expect(host?.spec).toMatchObject({
    online: true,
    image: { url: 'http://images/os.raw' },
    userData: { name: expect.stringMatching(/^m\d-bootstrap$/) },
  });
});

test('a machine whose host is provisioned has its provider id', async () => {
  for (const { metadata, status } of await here.hosts()) {
    await here.setHostState(metadata.name ?? '', 'provisioned', status);
  }
  await soon(async () => {
    const provisioned = (await here.machines()).filter(({ status }) => status?.initialization?.provisioned === true);
    expect(provisioned).toHaveLength(3);
    for (const { metadata, spec } of provisioned) {
      const host = metadata.annotations?.['metal3.io/BareMetalHost']?.split('/')[1];
      expect(spec.providerID).toBe(`metal3://${namespace}/${host}/${metadata.name}`);
    }
  });
});

test('a deleted machine clears its host, waits until it is clean, lets it go, and the next machine takes it', async () => {
  const [taken] = (await here.machines()).filter(({ status }) => status?.initialization?.provisioned === true);
  const name = taken?.metadata.name ?? '';
  const hostName = taken?.metadata.annotations?.['metal3.io/BareMetalHost']?.split('/')[1] ?? '';
  await api.delete(metal3Machine, { namespace, name });
  await soon(async () => {
    const { spec } = await api.get(bareMetalHost, { namespace, name: hostName });
    expect(spec.image).toBeUndefined();
    expect(spec.online).toBe(false);
    expect(spec.consumerRef?.name).toBe(name);
  });
  await here.setHostState(hostName, 'available');
  await soon(async () => {
    expect(await api.find(metal3Machine, { namespace, name })).toBeUndefined();
    const { spec } = await api.get(bareMetalHost, { namespace, name: hostName });
    expect(spec.consumerRef?.name).toMatch(/^m\d$/);
    expect(spec.consumerRef?.name).not.toBe(name);
  });
});

describe('with its webhooks', () => {
  beforeAll(async () => {
    const service = testService('capm3');
    const flags = {
      'webhook-port': await freePort(),
      'webhook-register': true,
      'webhooks-configuration': namespace,
      'leader-election-namespace': namespace,
      namespace,
    };
    const argv = ['node', 'capm3', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)];
    const parts = capm3WebhookParts(loadConfig(capm3Config, {}, argv), api, service);
    const serving = new AbortController();
    cleanUps.push(async () => {
      await api.delete(mutatingWebhookConfiguration, { name: namespace });
      await api.delete(validatingWebhookConfiguration, { name: namespace });
      await convertNothing();
      serving.abort();
      for (const part of parts.toReversed()) await part.stop();
    });
    for (const part of parts) await part.start(serving.signal, service);
  });

  test('an object written in the old version is read in the new one, and back, without loss', async () => {
    const old = { ...metal3Machine, version: 'v1beta1' };
    const spec = { image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256', format: 'raw' } };
    // The API server takes a moment to notice that a CRD is converted by a webhook.
    await soon(async () => {
      const made = await api.create(old, { metadata: { namespace, generateName: 'old-' }, spec } as never);
      const key = { namespace, name: made.metadata.name ?? '' };
      expect((await api.get(metal3Machine, key)).spec.image).toEqual({
        url: 'http://images/os.raw',
        checksum: 'abc',
        checksumType: 'sha256',
        diskFormat: 'raw',
      });
      expect((await api.get(old, key)).spec.image).toEqual(spec.image);
    });
  });

  test('the timeout of a remediation is the same in both versions, whichever it is written in', async () => {
    const old = { ...metal3Remediation, version: 'v1beta1' };
    await soon(async () => {
      const metadata = { namespace, generateName: 'old-' };
      const spec = { strategy: { type: 'Reboot', retryLimit: 2, timeout: '5m0s' } };
      const made = await api.create(old, { metadata, spec } as never);
      const key = { namespace, name: made.metadata.name ?? '' };
      const strategy = { type: 'Reboot', retryLimit: 2, timeoutSeconds: 300 };
      expect((await api.get(metal3Remediation, key)).spec).toEqual({ strategy });
      expect((await api.get(old, key)).spec).toEqual(spec);
    });
    const wrong = { strategy: { type: 'Reboot', retryLimit: 1, timeout: '20s' } };
    const refused = api.create(old, { metadata: { namespace, name: 'hasty' }, spec: wrong } as never);
    await expect(refused).rejects.toThrow(/timeoutSeconds: Invalid value: 20: must be 100 at least/);
  });

  test('what cannot work is refused by field, in either version, and what is not said is filled in', async () => {
    const image = { url: 'http://images/os.raw' };
    const refusal = { code: 'Invalid', causes: [expect.objectContaining({ field: 'spec.image.checksum' })] };
    // The same of webhooks that are new.
    await soon(async () => {
      for (const kind of [metal3Machine, { ...metal3Machine, version: 'v1beta1' }]) {
        const spec = { image: { ...image, checksum: '' } };
        const made = api.create(kind, { metadata: { namespace, generateName: 'bad-' }, spec } as never);
        await expect(made).rejects.toMatchObject(refusal);
      }
    });
    const made = await api.create(metal3Cluster, {
      metadata: { namespace, name: 'green' },
      spec: { controlPlaneEndpoint: { host: '192.0.2.2' } },
    });
    expect(made.spec).toEqual({ cloudProviderEnabled: false, controlPlaneEndpoint: { host: '192.0.2.2', port: 6443 } });
  });

  test('the check of a release finds that it works', async () => {
    const lines: string[] = [];
    const works = await checkRelease(
      capm3Steps({ client: api, namespace, webhooks: true }),
      { clock: systemClock, timeoutMs: 60_000, report: (line) => lines.push(line) },
      AbortSignal.timeout(90_000),
    );
    expect({ works, lines }).toMatchObject({ works: true });
    expect(lines).toContain('ok     the webhook refuses an image without a checksum');
  }, 120_000);
});

/** The cluster is shared with other test files, whose requests must not be sent to a webhook that is no more. */
async function convertNothing(): Promise<void> {
  for (const { metadata, spec } of (await api.list(customResourceDefinition)).items) {
    if (spec.group !== metal3Machine.group || spec.conversion?.strategy !== 'Webhook') continue;
    const body = { spec: { conversion: { strategy: 'None', webhook: null } } };
    await api.patch(customResourceDefinition, { name: metadata.name ?? '' }, { type: 'merge', body });
  }
}
