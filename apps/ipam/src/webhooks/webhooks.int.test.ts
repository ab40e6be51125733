import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  mutatingWebhookConfiguration,
  selfManagedCertificates,
  validatingWebhookConfiguration,
} from '@metal3/kube-admission';
import {
  connectKubernetes,
  findClusterAccess,
  isKubeError,
  type Kubernetes,
  secret,
  silentLog,
} from '@metal3/kube-client';
import { asAdmin, createAuthority, freePort, testControlPlane, type TestControlPlane } from '@metal3/local-servers';
import { type IPPoolSpec, ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { readConfig, type Part } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { ipamConfig } from '../config.ts';
import { ipamWebhookParts } from './parts.ts';

const service = testService('ipam');
let stopped = new AbortController();
const inUse = new Set<string>();
let plane: TestControlPlane;
let kubernetes: Kubernetes;
let parts: readonly Part[] = [];
let namespace = '';
const folder = mkdtempSync(join(tmpdir(), 'ipam-webhook-certificates-'));

beforeAll(async () => {
  plane = await testControlPlane();
  ({ namespace } = plane);
  const now = () => Date.now();
  const access = findClusterAccess({ kubeconfig: plane.kubeconfigPath, env: {}, now });
  kubernetes = connectKubernetes(access, { userAgent: 'ipam-test', now });
  await serveWebhooks();
  // The API server takes a moment to hear of new webhooks.
  await eventually(
    async () => {
      await expect(create('probe', { pools: [{}] })).rejects.toMatchObject({ code: 'Invalid' });
      return true;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}, 120_000);

/** Webhooks that are registered for the namespace of this test. */
async function serveWebhooks(more: Readonly<Record<string, string | boolean>> = {}): Promise<void> {
  const flags = {
    namespace,
    'webhook-port': await freePort(),
    'webhook-register': true,
    'webhooks-configuration': namespace,
    ...more,
  };
  const request = readConfig(ipamConfig, {
    env: {},
    argv: ['node', 'ipam', ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
  });
  if (request.kind !== 'run') throw new Error(request.text);
  stopped = new AbortController();
  service.metrics.clear();
  parts = ipamWebhookParts(request.config, kubernetes, service, () => inUse);
  for (const part of parts) await part.start(stopped.signal, service);
}

async function stopWebhooks(): Promise<void> {
  stopped.abort();
  for (const part of parts.toReversed()) await part.stop();
}

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kubernetes.delete(mutatingWebhookConfiguration, { name: namespace });
  await kubernetes.delete(validatingWebhookConfiguration, { name: namespace });
  await stopWebhooks();
  await service.stop();
  await kubernetes.close();
});

const create = (name: string, spec: Partial<IPPoolSpec>) =>
  kubernetes.create(ipPool, { metadata: { namespace, name }, spec: { namePrefix: 'p', ...spec } });

async function refusesBadPools(): Promise<boolean> {
  return isKubeError(await create('bad', { pools: [{}] }).catch((error: unknown) => error), 'Invalid');
}

test('a pool that cannot work is refused by field', async () => {
  await expect(create('bad', { pools: [{ start: '10.0.0.9', end: '10.0.0.1' }] })).rejects.toMatchObject({
    code: 'Invalid',
    message: expect.stringContaining(
      'IPPool.ipam.metal3.io "bad" is invalid: spec.pools[0]: Invalid value: "": end IP 10.0.0.1 is before start IP 10.0.0.9',
    ),
    causes: [{ field: 'spec.pools[0]' }],
  });
});

test('a pool keeps the addresses in use, wherever that is known from', async () => {
  await create('used', { pools: [{ start: '10.0.0.1', end: '10.0.0.9' }] });
  await kubernetes.patchStatus(
    ipPool,
    { namespace, name: 'used' },
    {
      type: 'merge',
      body: { status: { indexes: { claim: '10.0.0.1' } } },
    },
  );
  inUse.add('10.0.0.2');
  const shrink = (start: string) =>
    kubernetes.patch(
      ipPool,
      { namespace, name: 'used' },
      {
        type: 'merge',
        body: { spec: { pools: [{ start, end: '10.0.0.9' }] } },
      },
    );
  await expect(shrink('10.0.0.3')).rejects.toMatchObject({
    code: 'Invalid',
    message: expect.stringMatching(/"10\.0\.0\.1": is in use but out of bonds.*"10\.0\.0\.2": is in use/),
  });
  await expect(shrink('10.0.0.1')).resolves.toBeDefined();
});

test('what is hardly meant is let in, and people are warned of it', async () => {
  const pool = {
    apiVersion: 'ipam.metal3.io/v1alpha1',
    kind: 'IPPool',
    metadata: { name: 'odd' },
    spec: { namePrefix: 'p', pools: [{ subnet: '10.0.0.0/24' }, { start: '10.0.0.200', end: '10.0.1.7' }] },
  };
  const reply = await asAdmin(plane, 'POST', `/apis/ipam.metal3.io/v1alpha1/namespaces/${namespace}/ippools`, pool);
  expect(reply).toMatchObject({
    status: 201,
    warnings: ['spec.pools[1]: overlaps spec.pools[0] from 10.0.0.200 on'],
  });
});

test('a claim stays with its pool, and an address with its claim', async () => {
  await kubernetes.create(ipClaim, { metadata: { namespace, name: 'claim' }, spec: { pool: { name: 'pool' } } });
  const moved = kubernetes.patch(
    ipClaim,
    { namespace, name: 'claim' },
    {
      type: 'merge',
      body: { spec: { pool: { name: 'other' } } },
    },
  );
  await expect(moved).rejects.toMatchObject({ code: 'Invalid', causes: [{ field: 'spec.pool' }] });

  const spec = { address: '10.0.0.1', pool: { name: 'pool' }, claim: { name: 'claim' } };
  await kubernetes.create(ipAddress, { metadata: { namespace, name: 'p-10-0-0-1' }, spec });
  const changed = kubernetes.patch(
    ipAddress,
    { namespace, name: 'p-10-0-0-1' },
    {
      type: 'merge',
      body: { spec: { address: '10.0.0.2', claim: { name: 'other' } } },
    },
  );
  await expect(changed).rejects.toMatchObject({
    code: 'Invalid',
    causes: [{ field: 'spec.address' }, { field: 'spec.claim' }],
  });
});

test('a claim may not ask for what is no address', async () => {
  const metadata = { namespace, name: 'asks', annotations: { ipAddress: '10.0.0' } };
  await expect(kubernetes.create(ipClaim, { metadata, spec: { pool: { name: 'pool' } } })).rejects.toMatchObject({
    code: 'Invalid',
    causes: [{ field: 'metadata.annotations.ipAddress' }],
  });
});

test('a certificate that ran out while no replica was there is replaced before the API server asks', async () => {
  await stopWebhooks();
  const kept = { namespace, name: 'ipam-webhook-certificates' };
  await kubernetes.delete(secret, kept);
  const { clock } = service;
  const longAgo = { ...clock, now: () => clock.now() - 20 * 365 * 86_400_000 };
  const options = { client: kubernetes, secret: kept, names: ['127.0.0.1'], targets: [], clock: longAgo };
  await selfManagedCertificates({ ...options, log: silentLog }).current(new AbortController().signal);
  const endOf = async (file: string): Promise<number> => {
    const { data } = await kubernetes.get(secret, kept);
    return Date.parse(new X509Certificate(Buffer.from(data?.[file] ?? '', 'base64')).validTo);
  };
  for (const file of ['tls.crt', 'authority.crt']) expect(await endOf(file)).toBeLessThan(clock.now());

  await serveWebhooks();
  await eventually(() => refusesBadPools(), { timeoutMs: 60_000, everyMs: 200 });
  for (const file of ['tls.crt', 'authority.crt']) expect(await endOf(file)).toBeGreaterThan(clock.now());
});

// The last one: from then on the webhooks serve this certificate.
test('the certificate of an existing Secret is served, and the API server is made to trust its authority', async () => {
  await stopWebhooks();
  const authority = await createAuthority('somebody');
  const ca = authority.cert;
  const { cert, key } = await authority.issueServer('ipam', [{ type: 'ip', value: '127.0.0.1' }]);
  for (const [file, text] of [
    ['ca.crt', ca],
    ['tls.crt', cert],
    ['tls.key', key],
  ] as const)
    writeFileSync(join(folder, file), text);
  await serveWebhooks({ 'webhook-cert-dir': folder, 'webhooks-trust-cert-dir': true });
  // The API server takes a moment to hear of the new place and of the new authority.
  await eventually(() => refusesBadPools(), { timeoutMs: 60_000, everyMs: 200 });
  const { webhooks = [] } = await kubernetes.get(validatingWebhookConfiguration, { name: namespace });
  for (const { clientConfig } of webhooks) {
    expect(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()).toBe(ca);
  }
});
