import { request as secureRequest } from 'node:https';
import { afterEach, expect, test } from '@jest/globals';
import { type Kind, KubeError, type KubeClient } from '@metal3/kube-client';
import { testService } from '@metal3/testing';
import { Gauge } from 'prom-client';
import { tlsOptions } from '../tls.ts';
import { type Diagnostics, diagnosticsParts } from './diagnostics.ts';

let part: Diagnostics | undefined;
afterEach(() => part?.stop());

/** An API server that knows the tokens "scraper", who may get /metrics, and "somebody", who may not. */
const reviewer = {
  create(kind: Kind, { spec }: { readonly spec: { readonly token?: string; readonly user?: string } }) {
    const known = spec.token === 'scraper' || spec.token === 'somebody';
    return Promise.resolve({
      status:
        kind.kind === 'TokenReview'
          ? { authenticated: known, user: { username: spec.token, groups: [] } }
          : { allowed: spec.user === 'scraper' },
    });
  },
} as unknown as KubeClient;

async function start(insecure: boolean, client: Pick<KubeClient, 'create'> = reviewer): Promise<Diagnostics> {
  const service = testService('ipam');
  service.metrics.registerMetric(new Gauge({ name: 'any_gauge', help: 'any', registers: [] }));
  const tls = tlsOptions({ minVersion: 'VersionTLS13', cipherSuites: [] });
  [part] = diagnosticsParts({ address: '127.0.0.1:0', insecure }, tls, client, service);
  if (part === undefined) throw new Error('there is no such part');
  await part.start(service.signal, service);
  return part;
}

const ask = (
  { address }: Diagnostics,
  path: string,
  token?: string,
  options: object = {},
): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // Nobody is told to trust it.
    secureRequest(`https://${address}${path}`, { headers, rejectUnauthorized: false, ...options }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });

test('metrics are for those whose token Kubernetes knows and lets get /metrics', async () => {
  const diagnostics = await start(false);
  expect(await ask(diagnostics, '/metrics')).toMatchObject({ status: 401 });
  expect(await ask(diagnostics, '/metrics', 'nonsense')).toMatchObject({ status: 401 });
  expect(await ask(diagnostics, '/metrics', 'somebody')).toEqual({
    status: 403,
    text: 'somebody may not get /metrics: bind it to a ClusterRole with that nonResourceURL\n',
  });
  expect(await ask(diagnostics, '/metrics', 'scraper')).toEqual({
    status: 200,
    text: expect.stringContaining('any_gauge'),
  });
  expect(await ask(diagnostics, '/debug', 'scraper')).toMatchObject({ status: 404 });
});

test('an older TLS than the settings allow is refused', async () => {
  const diagnostics = await start(false);
  await expect(ask(diagnostics, '/metrics', 'scraper', { maxVersion: 'TLSv1.2' })).rejects.toThrow(/version/);
});

test('insecure diagnostics are plain, and for everybody', async () => {
  const diagnostics = await start(true);
  const answer = await fetch(`http://${diagnostics.address}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('any_gauge')]);
});

test('what hinders finding out who asks is told', async () => {
  const create = () => Promise.reject(new KubeError('Forbidden', 'tokenreviews is forbidden', { status: 403 }));
  expect(await ask(await start(false, { create }), '/metrics', 'scraper')).toEqual({
    status: 503,
    text: 'cannot find out who asks: tokenreviews is forbidden\n',
  });
});

test('without an address there are none', () => {
  const tls = tlsOptions({ minVersion: 'VersionTLS12', cipherSuites: [] });
  expect(diagnosticsParts({ address: '', insecure: false }, tls, reviewer, testService('ipam'))).toEqual([]);
});
