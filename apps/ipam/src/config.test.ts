import { expect, test } from '@jest/globals';
import { tlsOptions, withVerbosity } from '@metal3/kube-diagnostics';
import { ConfigError, readConfig } from '@metal3/service';
import { ipamConfig } from './config.ts';

const read = (...argv: readonly string[]) => readConfig(ipamConfig, { env: {}, argv: ['node', 'main.ts', ...argv] });
const configOf = (...argv: readonly string[]) => {
  const request = read(...argv);
  if (request.kind === 'print') throw new Error(request.text);
  return withVerbosity(request.config);
};

test("takes every flag of upstream's manager", () => {
  const config = configOf(
    ...[
      '--leader-elect',
      '--namespace=tenants',
      '--sync-period=5m',
      '--webhook-port=9443',
      '--webhook-cert-dir=/certs',
    ],
    ...['--watch-filter=blue', '--health-addr=:9440', '--ippool-concurrency=20', '--kube-api-qps=20.5'],
    ...['--kube-api-burst=30', '--tls-min-version=VersionTLS13', '--diagnostics-address=:8443'],
    ...['--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
    ...['--insecure-diagnostics=false', '--logging-format=json', '-v=5'],
  );
  expect(config).toMatchObject({
    service: { healthListen: ':9440', logLevel: 'debug' },
    kubernetes: { namespace: 'tenants', watchFilter: 'blue', syncPeriod: 300_000, apiQps: 20.5, apiBurst: 30 },
    leaderElection: { enabled: true },
    webhooks: { port: 9443, certDir: '/certs' },
    concurrency: 20,
    diagnostics: { address: ':8443', insecure: false },
  });
  expect(tlsOptions(config.tls)).toEqual({
    minVersion: 'TLSv1.3',
    ciphers: expect.stringContaining(':ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305'),
  });
});

test('tells all that is wrong with a command line at once', () => {
  const wrong = () =>
    read(
      '--kube-api-qps=-1',
      '--tls-min-version=SSL3',
      '--tls-cipher-suites=NULL',
      '--logging-format=text',
      '--vmodule=x=2',
    );
  expect(wrong).toThrow(ConfigError);
  for (const field of [
    /kubernetes\.apiQps: -1 is less than 0/,
    /tls\.minVersion: "SSL3" is not one of VersionTLS12, VersionTLS13/,
    /tls\.cipherSuites: \["NULL"\]: item 1 is not one of TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/,
    /logging\.format: "text" is not one of json/,
    /--vmodule=x=2: is not a known flag/,
  ])
    expect(wrong).toThrow(field);
});

test.each([
  ['-v=0', 'info'],
  ['-v=2', 'info'],
  ['--v=4', 'debug'],
  ['-v=10', 'trace'],
])('%s logs %s', (flag, level) => {
  expect(configOf(flag).service.logLevel).toBe(level);
});
