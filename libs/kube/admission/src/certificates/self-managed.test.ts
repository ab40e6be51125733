import { X509Certificate } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { secret, silentLog } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { eventually, fakeClock, type FakeClock } from '@metal3/testing';
import { validatingWebhookConfiguration } from '../trust.ts';
import type { ServingCertificate } from './port.ts';
import { selfManagedCertificates } from './self-managed.ts';

const hourMs = 3_600_000;
const key = { namespace: 'test', name: 'certificate' };

let clock: FakeClock;
let server: MemoryKubernetes;
beforeEach(async () => {
  clock = fakeClock();
  server = memoryKubernetes({ now: clock.now });
  await server.create(validatingWebhookConfiguration, {
    metadata: { name: 'hooks' },
    webhooks: ['one', 'two'].map((name) => ({
      name,
      clientConfig: { url: 'https://127.0.0.1:1/' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    })),
  });
});

const replica = () =>
  selfManagedCertificates({
    client: server,
    secret: key,
    names: ['webhook.test.svc', '127.0.0.1'],
    targets: [
      { kind: 'validating', name: 'hooks' },
      { kind: 'conversion', name: 'not-there' },
    ],
    clock,
    log: silentLog,
    authorityLifetimeMs: 300 * hourMs,
    servingLifetimeMs: 30 * hourMs,
    lookEveryMs: hourMs,
  });
const signal = new AbortController().signal;

async function trusted(): Promise<string[]> {
  const { webhooks = [] } = await server.get(validatingWebhookConfiguration, { name: 'hooks' });
  const bundles = webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
  expect(new Set(bundles).size).toBe(1);
  return bundles[0]?.match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? [];
}

async function expectTrusted({ cert }: ServingCertificate): Promise<void> {
  const serving = new X509Certificate(cert);
  expect((await trusted()).some((pem) => serving.verify(new X509Certificate(pem).publicKey))).toBe(true);
}

test('makes a certificate for its names, which the API server trusts', async () => {
  const certificate = await replica().current(signal);
  const x509 = new X509Certificate(certificate.cert);
  expect(x509.checkHost('webhook.test.svc')).toBe('webhook.test.svc');
  expect(x509.checkIP('127.0.0.1')).toBe('127.0.0.1');
  await expectTrusted(certificate);
});

test('shares one certificate among replicas, even if they start together', async () => {
  const certificates = await Promise.all([replica(), replica(), replica()].map((one) => one.current(signal)));
  expect(new Set(certificates.map(({ cert }) => cert)).size).toBe(1);
});

test('replaces the certificate, and later the authority, in time, and is trusted throughout', async () => {
  const stop = new AbortController();
  const served: ServingCertificate[][] = [];
  const running: Promise<void>[] = [];
  for (const certificates of [replica(), replica()]) {
    const seen = [await certificates.current(stop.signal)];
    served.push(seen);
    running.push(certificates.watch((next) => void seen.push(next), stop.signal));
  }
  for (let hour = 0; hour < 250; hour++) {
    await clock.advance(hourMs);
    for (const seen of served) {
      // Signing takes real time, which the fake clock does not wait for; it is due 10 hours before the end.
      const present = await eventually(() => {
        const last = seen.at(-1);
        const validTo = last && Date.parse(new X509Certificate(last.cert).validTo);
        return validTo !== undefined && validTo > clock.now() + 8 * hourMs ? last : undefined;
      });
      await expectTrusted(present);
    }
  }
  stop.abort();
  await Promise.all(running);
  expect(served[0]?.length).toBeGreaterThan(10);
  expect(await trusted()).toHaveLength(2);
});

test('starts anew when the Secret holds rubbish', async () => {
  await server.create(secret, {
    metadata: key,
    data: { 'ca.crt': 'eA==', 'authority.crt': 'eA==', 'authority.key': 'eA==', 'tls.crt': 'eA==', 'tls.key': 'eA==' },
  });
  await expectTrusted(await replica().current(signal));
});

test.each([
  ['its authority being good', 40, 1],
  ['and the authority was to be replaced', 250, 2],
  ['and its authority, too', 400, 1],
])(
  'replaces a certificate that ran out while no replica was there before it serves, %s',
  async (_how, hours, authorities) => {
    const former = await replica().current(signal);
    await clock.advance(hours * hourMs);
    expect(Date.parse(new X509Certificate(former.cert).validTo)).toBeLessThan(clock.now());
    const certificate = await replica().current(signal);
    expect(Date.parse(new X509Certificate(certificate.cert).validTo)).toBeGreaterThan(clock.now() + 20 * hourMs);
    await expectTrusted(certificate);
    expect(await trusted()).toHaveLength(authorities);
  },
);
