import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { eventually, fakeClock, type FakeClock } from '@metal3/testing';
import { validatingWebhookConfiguration } from '../trust.ts';
import { certificatesInFolder } from './folder.ts';
import type { ServingCertificate } from './port.ts';

let folder: string;
let clock: FakeClock;
let server: MemoryKubernetes;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  clock = fakeClock();
  server = memoryKubernetes({ now: clock.now });
  const clientConfig = { url: 'https://127.0.0.1:1/' };
  await server.create(validatingWebhookConfiguration, {
    metadata: { name: 'hooks' },
    webhooks: [{ name: 'one', clientConfig, sideEffects: 'None', admissionReviewVersions: ['v1'] }],
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (generation: string) => {
  for (const file of ['ca.crt', 'tls.crt', 'tls.key']) writeFileSync(join(folder, file), `${file} ${generation}`);
};
const trusted = async () => {
  const { webhooks } = await server.get(validatingWebhookConfiguration, { name: 'hooks' });
  return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
};
/** Lets time pass until something holds; the files are real, so how often the clock has to move is not known. */
const passing = (holds: () => boolean) =>
  eventually(async () => {
    await clock.advance(1_000);
    return holds();
  });
const signal = new AbortController().signal;

test('waits for the files, and serves them without telling anybody', async () => {
  const certificates = certificatesInFolder({ folder, clock, log: silentLog });
  const first = certificates.current(signal);
  await passing(() => clock.pending > 0);
  put('1');
  let known: ServingCertificate | undefined;
  void first.then((certificate) => (known = certificate));
  await passing(() => known !== undefined);
  expect(known).toEqual({ cert: 'tls.crt 1', key: 'tls.key 1' });
  expect(await trusted()).toBe('');
});

test('has the API server trust the authority of the folder, before it serves what that has signed', async () => {
  const trust = { client: server, targets: [{ kind: 'validating', name: 'hooks' }] as const };
  const certificates = certificatesInFolder({ folder, trust, clock, log: silentLog });
  const stop = new AbortController();
  put('1');
  await certificates.current(signal);
  expect(await trusted()).toBe('ca.crt 1');

  const seen: { cert: string; trusted: string }[] = [];
  const note = async ({ cert }: ServingCertificate) => seen.push({ cert, trusted: await trusted() });
  const watching = certificates.watch((next) => void note(next), stop.signal);
  put('2');
  await passing(() => seen.length > 0);
  expect(seen).toEqual([{ cert: 'tls.crt 2', trusted: 'ca.crt 2' }]);
  stop.abort();
  await watching;
});
