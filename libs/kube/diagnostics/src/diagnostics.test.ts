import { request as secureRequest } from 'node:https';
import type { SecureVersion } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { type Kind, KubeError, type KubeClient } from '@metal3/kube-client';
import { testService } from '@metal3/testing';
import { Gauge } from 'prom-client';
import { tlsOptions } from './tls.ts';
import { type Diagnostics, diagnosticsParts } from './diagnostics.ts';

let part: Diagnostics | undefined;
afterEach(() => part?.stop());

const grants: Readonly<Record<string, readonly string[]>> = {
  scraper: ['get /metrics'],
  debugger: ['get /debug/pprof/', 'get /debug/pprof/heap', 'put /debug/flags/v'],
  somebody: [],
};

interface ReviewSpec {
  readonly token?: string;
  readonly user?: string;
  readonly nonResourceAttributes?: { readonly verb: string; readonly path: string };
}

/** An API server whose tokens are the names of users, who may call what is granted to them. */
const reviewer = {
  create(kind: Kind, { spec: { token = '', user = '', nonResourceAttributes: call } }: { readonly spec: ReviewSpec }) {
    return Promise.resolve({
      status:
        kind.kind === 'TokenReview'
          ? { authenticated: token in grants, user: { username: token, groups: [] } }
          : { allowed: grants[user]?.includes(`${call?.verb} ${call?.path}`) },
    });
  },
} as unknown as KubeClient;

async function start(
  insecure: boolean,
  client: Pick<KubeClient, 'create'> = reviewer,
  service = testService('operator'),
): Promise<Diagnostics> {
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
  { body, ...options }: { readonly method?: string; readonly body?: string; readonly maxVersion?: SecureVersion } = {},
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
      .end(body);
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

test('who may change the verbosity decides how much is logged', async () => {
  const service = testService('operator');
  service.log.level = 'info';
  const diagnostics = await start(false, reviewer, service);
  const put = (body: string, token = 'debugger') => ask(diagnostics, '/debug/flags/v', token, { method: 'PUT', body });
  expect(await put('5', 'scraper')).toMatchObject({ status: 403 });
  expect(await put('5')).toEqual({ status: 200, text: 'successfully set klog.logging.verbosity to 5\n' });
  expect(service.log.level).toBe('debug');
  await put('8');
  expect(service.log.level).toBe('trace');
  await put('0');
  expect(service.log.level).toBe('info');
  expect(await put('loud')).toEqual({ status: 400, text: expect.stringContaining('send a whole number') });
  expect(await put('5'.repeat(2_000))).toMatchObject({ status: 413 });
  expect(await ask(diagnostics, '/debug/flags/v', 'debugger')).toMatchObject({ status: 405 });
  expect(service.log.level).toBe('info');
});

test('profiles are for those who may get them, and an index says which there are', async () => {
  const diagnostics = await start(false);
  expect(await ask(diagnostics, '/debug/pprof/', 'scraper')).toMatchObject({ status: 403 });
  expect(await ask(diagnostics, '/debug/pprof/', 'debugger')).toMatchObject({
    status: 200,
    text: expect.stringContaining('/debug/pprof/profile?seconds=30'),
  });
  expect(await ask(diagnostics, '/debug/pprof/heap?seconds=0', 'debugger')).toEqual({
    status: 400,
    text: 'seconds: send a whole number from 1 to 300\n',
  });
});

test('an older TLS than the settings allow is refused', async () => {
  const diagnostics = await start(false);
  await expect(ask(diagnostics, '/metrics', 'scraper', { maxVersion: 'TLSv1.2' })).rejects.toThrow(/version/);
});

test('insecure diagnostics are plain, for everybody, and metrics only', async () => {
  const diagnostics = await start(true);
  const answer = await fetch(`http://${diagnostics.address}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('any_gauge')]);
  for (const path of ['/debug/pprof/heap', '/debug/flags/v'])
    expect((await fetch(`http://${diagnostics.address}${path}`, { method: 'PUT' })).status).toBe(404);
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
  expect(diagnosticsParts({ address: '', insecure: false }, tls, reviewer, testService('operator'))).toEqual([]);
});
