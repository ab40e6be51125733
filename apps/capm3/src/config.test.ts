import { expect, test } from '@jest/globals';
import { withVerbosity } from '@metal3/kube-diagnostics';
import { configOf } from './testing/settings.ts';

test("takes every flag of upstream's manager", () => {
  const config = configOf(
    ...['--leader-elect', '--leader-elect-lease-duration=30s', '--leader-elect-renew-deadline=20s'],
    ...['--leader-elect-retry-period=4s', '--namespace=tenants', '--watch-filter=blue', '--sync-period=5m'],
    ...['--clustercache-client-qps=20', '--clustercache-client-burst=40', '--webhook-port=9443'],
    ...['--webhook-cert-dir=/certs', '--health-addr=:9440', '--metal3machine-concurrency=1'],
    ...['--metal3cluster-concurrency=2', '--metal3datatemplate-concurrency=3', '--metal3data-concurrency=4'],
    ...['--metal3labelsync-concurrency=5', '--metal3machinetemplate-concurrency=6'],
    ...['--metal3remediation-concurrency=7', '--kube-api-qps=20', '--kube-api-burst=31'],
    ...['--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ...['--diagnostics-address=:8443', '--insecure-diagnostics=true', '--metrics-bind-addr=localhost:8080'],
    ...['--skip-crd-migration-phases=StorageVersionMigration,CleanupManagedFields'],
    ...['--enable-bmh-name-based-preallocation', '--logging-format=json', '-v=5'],
  );
  expect(withVerbosity(config)).toMatchObject({
    service: { healthListen: ':9440', logLevel: 'debug' },
    kubernetes: { namespace: 'tenants', watchFilter: 'blue', syncPeriod: 300_000, apiQps: 20, apiBurst: 31 },
    workloadClusters: { apiQps: 20, apiBurst: 40 },
    leaderElection: { enabled: true, leaseDuration: 30_000, renewDeadline: 20_000, retryPeriod: 4_000 },
    webhooks: { port: 9443, certDir: '/certs' },
    concurrency: {
      metal3Machine: 1,
      metal3Cluster: 2,
      metal3DataTemplate: 3,
      metal3Data: 4,
      labelSync: 5,
      metal3MachineTemplate: 6,
      metal3Remediation: 7,
    },
    tls: { minVersion: 'VersionTLS13', cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] },
    diagnostics: { address: ':8443', insecure: true },
    metricsBindAddress: 'localhost:8080',
    preallocation: true,
  });
});

test('takes the name that preallocation had before', () => {
  expect(configOf('--enableBMHNameBasedPreallocation=true').preallocation).toBe(true);
});

test("serves its webhooks where upstream's manager does, unless told otherwise", () => {
  expect(configOf().webhooks.port).toBe(9443);
  expect(configOf('--webhook-port=0').webhooks.port).toBe(0);
});
